"""What a dataset knows of one field: where its pixels come from, and the mitoses in it."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from skimage.draw import disk

from mitosis.image.mask_value import IGNORED, MITOSIS


class Circle(NamedTuple):
    """A circle, in pixels of a field: the pixels nearer to ``x``, ``y`` than ``radius`` lie in it."""

    x: float
    y: float
    radius: float


@dataclasses.dataclass(frozen=True, eq=False)
class MitoticFigure:
    """One annotated mitosis: all of its pixels, however many connected parts they form.

    ``pixels``: (n, 2) int32, columns x (right) and y (down), 0-based from the top left, n ≥ 1. ``ring``: where its
    label does not tell how far it reaches, the circle in which it may go on; it may reach beyond the field.
    ``centre``: (x, y) where the label is a place, which a field's edge does not move.
    """

    pixels: np.ndarray
    ring: Circle | None = None
    centre: tuple[float, float] | None = None

    @property
    def centroid(self) -> tuple[float, float]:
        """The label's place, else the mean (x, y) of the pixels, in pixels of the field."""
        x, y = self.pixels.mean(axis=0) if self.centre is None else self.centre
        return float(x), float(y)


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    """One annotated field (HPF).

    ``field``: its name, unique in the dataset. ``read``: picklable, returns the pixels as (height, width, 3) uint8 RGB.
    ``size``: (height, width). ``mpp``: µm per pixel. ``case``: the patient; never on both sides of a split.
    ``hard_negatives``: (k, 2) float x, y of annotated look-alikes, empty where a set has none.
    ``ignored``: circles that are neither mitosis nor background, such as those of mitoses beyond the field's edge.
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
    ignored: tuple[Circle, ...] = ()

    @property
    def circles(self) -> list[Circle]:
        """Where the mask is ``IGNORED`` unless there is a mitosis: rings, and what the field ignores besides."""
        return [*(figure.ring for figure in self.figures if figure.ring is not None), *self.ignored]

    @property
    def centroids(self) -> np.ndarray:
        """(k, 2) float64 x, y: one row per mitosis."""
        return np.array([figure.centroid for figure in self.figures], dtype=np.float64).reshape(-1, 2)

    def mask(self) -> np.ndarray:
        """(height, width) uint8: ``MITOSIS`` on every pixel of every mitosis, ``IGNORED`` elsewhere in ``circles``."""
        if self.read_mask is not None:
            return self.read_mask()
        mask = np.zeros(self.size, dtype=np.uint8)
        for x, y, radius in self.circles:
            mask[disk((y, x), radius, shape=self.size)] = IGNORED
        for figure in self.figures:  # after all circles: none hides a neighbour
            mask[figure.pixels[:, 1], figure.pixels[:, 0]] = MITOSIS
        return mask


@dataclasses.dataclass(frozen=True, eq=False)
class Field:
    """A record with its pixels at hand.

    ``image``: (H, W, 3) uint8 RGB, stain-normalised. ``mask``: (H, W) uint8 as ``Record.mask`` gives it.
    """

    record: Record
    image: np.ndarray
    mask: np.ndarray
