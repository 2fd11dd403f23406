"""One annotated field (HPF): how to read its pixels, and the mitoses in it."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from skimage.draw import disk

from mitosis.image.mask_value import IGNORED, MITOSIS


class Circle(NamedTuple):
    """A circle in a field; a pixel belongs to it if it is closer than ``radius`` to (``x``, ``y``).

    Attributes:
        x: Column of the centre, in pixels.
        y: Row of the centre, in pixels.
        radius: Radius in pixels.
    """

    x: float
    y: float
    radius: float


@dataclasses.dataclass(frozen=True, eq=False)
class MitoticFigure:
    """One annotated mitotic figure, with all of its pixels; they may form several connected components.

    Attributes:
        pixels: (n, 2) int32, columns x (right) and y (down), 0-based from the top left, n ≥ 1.
        ring: If the annotation does not give the figure's extent: the circle that it may cover, whose other pixels are
            ignored. It may extend beyond the field.
        centre: (x, y) in pixels if the annotation is a point or a box; the field's edge does not shift it.
    """

    pixels: np.ndarray
    ring: Circle | None = None
    centre: tuple[float, float] | None = None

    @property
    def centroid(self) -> tuple[float, float]:
        """(x, y) in pixels of the field: the annotated centre, or else the mean of the pixels."""
        x, y = self.pixels.mean(axis=0) if self.centre is None else self.centre
        return float(x), float(y)


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    """One annotated field (HPF).

    Attributes:
        field: The field's name, unique in the dataset.
        read: Returns the pixels, (height, width, 3) uint8 RGB; picklable.
        size: (height, width) in pixels.
        mpp: Resolution in µm per pixel.
        case: The patient; folds keep all fields of a case on the same side.
        slide: The slide that the field was cut from.
        scanner: The scanner.
        figures: The annotated mitotic figures.
        hard_negatives: (k, 2) float x, y of annotated look-alikes; k is 0 if the dataset has none.
        read_mask: Returns the mask if it does not follow from the figures' pixels; picklable.
        ignored: Circles that are neither mitosis nor background, such as those of mitoses beyond the field's edge.
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
        """Where the mask is ``IGNORED`` unless there is a mitosis: the figures' rings, then the field's circles."""
        return [*(figure.ring for figure in self.figures if figure.ring is not None), *self.ignored]

    @property
    def centroids(self) -> np.ndarray:
        """(k, 2) float64 x, y in pixels: one row per mitosis."""
        return np.array([figure.centroid for figure in self.figures], dtype=np.float64).reshape(-1, 2)

    def mask(self) -> np.ndarray:
        """Return the mask, (height, width) uint8: ``MITOSIS`` on the figures' pixels, ``IGNORED`` in ``circles``."""
        if self.read_mask is not None:
            return self.read_mask()
        mask = np.zeros(self.size, dtype=np.uint8)
        for x, y, radius in self.circles:
            mask[disk((y, x), radius, shape=self.size)] = IGNORED
        for figure in self.figures:  # after all circles, so that none hides a neighbour
            mask[figure.pixels[:, 1], figure.pixels[:, 0]] = MITOSIS
        return mask


@dataclasses.dataclass(frozen=True, eq=False)
class Field:
    """A record together with its pixels.

    Attributes:
        record: The record.
        image: (H, W, 3) uint8 RGB, stain-normalised.
        mask: (H, W) uint8, as ``Record.mask`` returns it.
    """

    record: Record
    image: np.ndarray
    mask: np.ndarray
