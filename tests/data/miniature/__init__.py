"""Datasets as their publishers lay them out, a few small drawn fields each: one file a set, ``build`` writes it."""

from functools import cache
from typing import NamedTuple

import numpy as np

from mitosis.data.drawing.field import draw_field

SIZE = 128


class Written(NamedTuple):
    """How many objects (mitoses and hard negatives) were written: with their centre in their image, and outside."""

    inside: int
    outside: int = 0


@cache
def drawn(size: int = SIZE) -> np.ndarray:
    """One drawn field, the same wherever the pixels do not matter."""
    return draw_field(seed=0, case=0, index=0, size=size).image
