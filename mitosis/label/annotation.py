"""The content of a label file of any format."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """One annotated cell, in pixels of its image: x to the right, y down, 0-based, whole numbers at pixels' centres.

    ``image``: its image's name as the file gives it. ``mitotic``: a mitosis; else a hard negative, a look-alike.
    ``x``, ``y``: its centre. What else a format can hold, None where it did not: ``box``: corners (x1, y1, x2, y2);
    ``outline``: (n, 2) float, a polygon's corners; ``pixels``: (n, 2) int32, all of its pixels.
    """

    image: str
    mitotic: bool
    x: float
    y: float
    box: tuple[float, float, float, float] | None = None
    outline: np.ndarray | None = None
    pixels: np.ndarray | None = None


def filled(image: str, mitotic: bool, pixels: np.ndarray) -> Annotation:
    """The cell of (n, 2) pixels, its centre their mean."""
    x, y = pixels.mean(axis=0)
    return Annotation(image, mitotic, float(x), float(y), pixels=pixels)


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """A label file, or several of one kind: all cells, and all labelled images, those without a cell among them.

    ``sizes``: image's name → (height, width), None where the file does not give it.
    """

    annotations: tuple[Annotation, ...]
    sizes: dict[str, tuple[int, int] | None]

    def of(self, image: str) -> tuple[Annotation, ...]:
        """The cells of one image."""
        return tuple(annotation for annotation in self.annotations if annotation.image == image)

    @property
    def empty(self) -> list[str]:
        """The labelled images without a cell."""
        named = {annotation.image for annotation in self.annotations}
        return [image for image in self.sizes if image not in named]
