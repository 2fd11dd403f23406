"""The content of a label file of any format."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

CORNER = 0.5
"""From the corner of a pixel, from which QuPath and COCO count, to its centre."""


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """One annotated cell.

    Coordinates are in pixels of the image: x to the right, y down, 0-based, with whole numbers at pixel centres.
    Readers of formats that count from the corner of the first pixel subtract ``CORNER``, their writers add it.

    Attributes:
        image: Name of the image, as in the label file.
        mitotic: True for a mitosis, False for a hard negative (look-alike).
        x: x of the centre.
        y: y of the centre.
        box: Corners (x1, y1, x2, y2); None if the file has none.
        outline: (n, 2) float x, y, the corners of a polygon; None if the file has none.
        pixels: (n, 2) int32 x, y of all pixels; None if the file has none.
    """

    image: str
    mitotic: bool
    x: float
    y: float
    box: tuple[float, float, float, float] | None = None
    outline: np.ndarray | None = None
    pixels: np.ndarray | None = None


def filled(image: str, mitotic: bool, pixels: np.ndarray) -> Annotation:
    """A cell with the given (n, 2) pixels, centred on their mean."""
    x, y = pixels.mean(axis=0)
    return Annotation(image, mitotic, float(x), float(y), pixels=pixels)


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """The content of one label file, or of several of the same format.

    Attributes:
        annotations: All cells.
        sizes: Name of each labelled image, including those without a cell → (height, width) in pixels, or None if the
            file does not give it.
        mpp: Name of an image → µm per pixel, as far as the file gives it.
        inner: Name of an image, in formats with one file per image → the name that the file itself gives it, if that is
            another one.
    """

    annotations: tuple[Annotation, ...]
    sizes: dict[str, tuple[int, int] | None]
    mpp: Mapping[str, float] = dataclasses.field(default_factory=dict)
    inner: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def of(self, image: str) -> tuple[Annotation, ...]:
        """Return the cells of one image."""
        return tuple(self._by_image.get(image, ()))

    @functools.cached_property
    def _by_image(self) -> dict[str, list[Annotation]]:
        by_image: dict[str, list[Annotation]] = {}
        for annotation in self.annotations:
            by_image.setdefault(annotation.image, []).append(annotation)
        return by_image

    @property
    def empty(self) -> list[str]:
        """The labelled images without a cell."""
        return [image for image in self.sizes if image not in self._by_image]
