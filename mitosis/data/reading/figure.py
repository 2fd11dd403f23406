"""From an annotated cell to the pixels that a segmenter learns."""

import math

import numpy as np
from skimage.draw import disk, polygon

from mitosis.data.record import Circle, MitoticFigure
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation


def figure_of(
    annotation: Annotation, size: tuple[int, int], *, mpp: float, radius_um: float, ring_um: float | None = None
) -> MitoticFigure | None:
    """The cell's own pixels, else those inside its outline, else a disc of ``radius_um`` around its centre.

    ``size``: (height, width) of the image; what lies outside is cut off, None where nothing is left or the centre lies
    outside. A disc has at least the pixel of its centre. ``ring_um``: outer radius of the ring round a disc that a loss
    passes over, as in SegMitos (Li et al., Medical Image Analysis 53, 2019); None: there is none. Both radii are as
    ``check_radii`` wants them.
    """
    height, width = size
    ring = centre = None
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
            centre = float(annotation.x), float(annotation.y)
            if ring_um is not None:
                ring = Circle(float(annotation.x), float(annotation.y), float(ring_um / mpp))
        pixels = np.stack([x, y], axis=1)
        if not len(pixels):
            pixels = np.array([[round(annotation.x), round(annotation.y)]])
    return MitoticFigure(pixels.astype(np.int32), ring, centre) if len(pixels) else None


def check_radii(radius_um: object, ring_um: object) -> None:
    """``InputError`` unless the disc's radius is a number above 0 and the ring's one above that, or None."""
    radius, ring = _length(radius_um), _length(ring_um)
    if not radius > 0:
        raise InputError(f"data.radius_um={radius_um}: give micrometres above 0, such as 4")
    if ring_um is not None and not ring > radius:
        raise InputError(f"data.ring_um={ring_um}: give more micrometres than data.radius_um={radius:g}, or null")


def _length(value: object) -> float:
    """A finite number as it is; nan, which is above nothing, for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return math.nan
    return value


def inside(annotation: Annotation, size: tuple[int, int]) -> bool:
    """Whether the cell's centre lies in a pixel of an image of ``size`` (height, width)."""
    height, width = size
    return -0.5 <= annotation.x < width - 0.5 and -0.5 <= annotation.y < height - 0.5
