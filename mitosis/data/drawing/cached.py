"""A cache of drawn fields, since a record's figures and its reader's pixels come from the same drawing."""

from functools import lru_cache

import numpy as np

from mitosis.data.drawing.field import Drawn, draw_field


@lru_cache(maxsize=64)
def drawn(seed: int, case: int, index: int, size: int, mpp: float) -> Drawn:
    """``draw_field``, cached."""
    return draw_field(seed=seed, case=case, index=index, size=size, mpp=mpp)


def read(seed: int, case: int, index: int, size: int, mpp: float) -> np.ndarray:
    """A new copy of a drawing's pixels, (size, size, 3) uint8 RGB."""
    return drawn(seed, case, index, size, mpp).image.copy()
