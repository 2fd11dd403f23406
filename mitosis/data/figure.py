"""From an annotated cell to the pixels that a segmenter learns."""

import numpy as np
from skimage.draw import disk, polygon

from mitosis.data.record import MitoticFigure
from mitosis.label.annotation import Annotation


def figure_of(annotation: Annotation, size: tuple[int, int], *, mpp: float, radius_um: float) -> MitoticFigure | None:
    """The cell's own pixels, else those inside its outline, else a disc of ``radius_um`` around its centre.

    ``size``: (height, width) of the image; what lies outside is cut off, None where nothing is left or the centre lies
    outside. A disc has at least the pixel of its centre.
    """
    height, width = size
    if not inside(annotation, size):
        return None
    if annotation.pixels is not None:
        within = ((annotation.pixels >= 0) & (annotation.pixels < (width, height))).all(axis=1)
        pixels = annotation.pixels[within]
    else:
        if annotation.outline is not None:
            y, x = polygon(annotation.outline[:, 1], annotation.outline[:, 0], shape=size)
        else:
            y, x = disk((annotation.y, annotation.x), radius_um / mpp, shape=size)
        pixels = np.stack([x, y], axis=1)
        if not len(pixels):
            pixels = np.array([[round(annotation.x), round(annotation.y)]])
    return MitoticFigure(pixels.astype(np.int32)) if len(pixels) else None


def inside(annotation: Annotation, size: tuple[int, int]) -> bool:
    """Whether the cell's centre lies in a pixel of an image of ``size`` (height, width)."""
    height, width = size
    return -0.5 <= annotation.x < width - 0.5 and -0.5 <= annotation.y < height - 0.5
