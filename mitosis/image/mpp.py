"""The plausible range of µm per pixel."""

import numbers
from pathlib import Path

from mitosis.errors import InputError

MPP = (0.05, 2.0)
"""Lowest and highest µm per pixel at which mitoses can be recognised; scanners have 0.17 to 0.5."""


def plausible(mpp: object) -> bool:
    """Whether ``mpp`` is a number of µm per pixel at which mitoses can be recognised."""
    return isinstance(mpp, numbers.Real) and not isinstance(mpp, bool) and MPP[0] <= float(mpp) <= MPP[1]


def check_mpp(mpp: object, problem: str) -> float:
    """``mpp`` as a float; ``InputError`` that starts with ``problem`` if it is not plausible."""
    if not isinstance(mpp, int | float) or not plausible(mpp):
        raise InputError(f"{problem}; type data.mpp= with µm per pixel from {MPP[0]:g} to {MPP[1]:g}, such as 0.25")
    return float(mpp)


def implausible(path: Path, mpp: float) -> str:
    """A line on an image whose own resolution cannot be right, empty if it can."""
    if plausible(mpp):
        return ""
    remedy = "type mpp= with what it is, and mpp_from=typed"
    return f"{path} has {mpp:.4g} µm per pixel, which is not {MPP[0]:g} to {MPP[1]:g}; {remedy}"
