"""What a dataset knows of one field: where its pixels come from, and the mitoses in it."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class MitoticFigure:
    """One annotated mitosis: all of its pixels, however many connected parts they form.

    ``pixels``: (n, 2) int32, columns x (right) and y (down), 0-based from the top left, n ≥ 1.
    """

    pixels: np.ndarray

    @property
    def centroid(self) -> tuple[float, float]:
        """Mean (x, y) of the pixels, in pixels of the field."""
        x, y = self.pixels.mean(axis=0)
        return float(x), float(y)


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    """One annotated field (HPF).

    ``field``: its name, unique in the dataset. ``read``: picklable, returns the pixels as (height, width, 3) uint8 RGB.
    ``size``: (height, width). ``mpp``: µm per pixel. ``case``: the patient; never on both sides of a split.
    ``hard_negatives``: (k, 2) float x, y of annotated look-alikes, empty where a set has none.
    ``read_mask``: picklable, returns the mask where it is not made of the figures' pixels.
    """

    field: str
    read: Callable[[], np.ndarray]
    size: tuple[int, int]
    mpp: float
    case: str
    slide: str
    scanner: str
    figures: tuple[MitoticFigure, ...] = ()
    hard_negatives: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 2)))
    read_mask: Callable[[], np.ndarray] | None = None

    @property
    def centroids(self) -> np.ndarray:
        """(k, 2) float64 x, y: one row per mitosis."""
        return np.array([figure.centroid for figure in self.figures], dtype=np.float64).reshape(-1, 2)

    def mask(self) -> np.ndarray:
        """(height, width) uint8: 1 on every pixel of every mitosis."""
        if self.read_mask is not None:
            return self.read_mask()
        mask = np.zeros(self.size, dtype=np.uint8)
        for figure in self.figures:
            mask[figure.pixels[:, 1], figure.pixels[:, 0]] = 1
        return mask
