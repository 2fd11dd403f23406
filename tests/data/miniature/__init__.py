"""Datasets as their publishers lay them out, a few small drawn fields each: one file a set.

Its ``VARIANTS`` say what it is a miniature of: a dataset's word and settings → a function that writes it into a folder.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
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


def variants() -> dict[str, Callable[[Path], Written | None]]:
    """Every variant of every miniature; what draws itself writes nothing and returns None."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return {variant: write for module in modules for variant, write in getattr(module, "VARIANTS", {}).items()}
