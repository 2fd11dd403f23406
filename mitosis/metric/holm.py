"""Holm's correction of several p values."""

from collections.abc import Sequence

import numpy as np

from mitosis.errors import InputError


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number; undefined ones (nan) stay so, and are not counted.

    Args:
        p_values: In [0, 1], or nan.

    Raises:
        InputError: statsmodels is not installed.

    Source:
        Holm 1979, "A simple sequentially rejective multiple test procedure"; computed by statsmodels.
    """
    try:
        from statsmodels.stats.multitest import multipletests
    except ImportError:
        raise InputError('statsmodels is not installed; type pip install "mitosis-cascade[report]"') from None
    values = np.array(p_values, dtype=np.float64)
    defined = ~np.isnan(values)
    if defined.any():
        values[defined] = multipletests(values[defined], method="holm")[1]
    return values.tolist()
