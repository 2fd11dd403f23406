"""Miniature datasets in the publishers' layout, each with a few small drawn fields; one module per dataset.

Each module's ``VARIANTS`` map a dataset's name and settings to a function that writes the miniature into a folder.
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
    """The numbers of objects (mitoses and hard negatives) written with their centre inside and outside their image."""

    inside: int
    outside: int = 0


@cache
def drawn(size: int = SIZE) -> np.ndarray:
    """A drawn field for tests in which the pixels do not matter."""
    return draw_field(seed=0, case=0, index=0, size=size).image


def variants() -> dict[str, Callable[[Path], Written | None]]:
    """Every variant of every miniature; a dataset that draws its fields writes nothing and returns None."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return {variant: write for module in modules for variant, write in getattr(module, "VARIANTS", {}).items()}
