"""Drawn fields kept for a while: a record needs the figures and its reader the pixels of one and the same drawing."""

from functools import lru_cache

import numpy as np

from mitosis.data.drawing.field import Drawn, draw_field


@lru_cache(maxsize=64)
def drawn(seed: int, case: int, index: int, size: int, mpp: float) -> Drawn:
    """``draw_field`` of these, once."""
    return draw_field(seed=seed, case=case, index=index, size=size, mpp=mpp)


def read(seed: int, case: int, index: int, size: int, mpp: float) -> np.ndarray:
    """(size, size, 3) uint8 RGB: a drawing's pixels, the caller's own."""
    return drawn(seed, case, index, size, mpp).image.copy()
