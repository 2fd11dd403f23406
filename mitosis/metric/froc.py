"""Free-response ROC: recall at given numbers of false alarms per mm² of tissue."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from mitosis.metric.counts import Curve

RATES = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)
"""False alarms per mm² at which recall is reported."""


def false_alarms(curve: Curve, area_mm2: float) -> Float64[np.ndarray, " k"]:
    """False alarms per mm² at each threshold of a curve.

    Args:
        curve: The counts at every distinct score.
        area_mm2: Area of all fields in mm², > 0.
    """
    return np.maximum(curve.predictions - curve.tp, 0) / area_mm2


def froc(curve: Curve, area_mm2: float, rates: Sequence[float] = RATES) -> list[float]:
    """The highest recall whose false alarms stay within each rate; nan without truths.

    A threshold above all scores makes no false alarm and finds nothing, so a rate that no threshold keeps has recall 0.

    Args:
        curve: The counts at every distinct score.
        area_mm2: Area of all fields in mm², > 0.
        rates: False alarms per mm².

    Source:
        Bunch et al. 1978, "A free-response approach to the measurement and characterization of radiographic-observer
        performance"; the rates 1/8 to 8 are those of LUNA16, there per scan.
    """
    if not curve.truths:
        return [float("nan")] * len(rates)
    alarms = false_alarms(curve, area_mm2)
    return [float(curve.tp[alarms <= rate].max(initial=0) / curve.truths) for rate in rates]
