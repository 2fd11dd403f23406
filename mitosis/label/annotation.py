"""The content of a label file of any format."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """One annotated cell.

    Coordinates are in pixels of the image: x to the right, y down, 0-based, with whole numbers at pixel centres.

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
    """

    annotations: tuple[Annotation, ...]
    sizes: dict[str, tuple[int, int] | None]

    def of(self, image: str) -> tuple[Annotation, ...]:
        """Return the cells of one image."""
        return tuple(annotation for annotation in self.annotations if annotation.image == image)

    @property
    def empty(self) -> list[str]:
        """The labelled images without a cell."""
        named = {annotation.image for annotation in self.annotations}
        return [image for image in self.sizes if image not in named]
