"""Turns an annotated cell into the mitotic figure that a segmenter learns."""

import math

from mitosis.data.record import Circle, MitoticFigure
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation
from mitosis.label.shape import pixels_within


def figure_of(
    annotation: Annotation, size: tuple[int, int], *, mpp: float, radius_um: float, ring_um: float | None = None
) -> MitoticFigure | None:
    """The figure of a cell: its annotated pixels, or the inside of its outline, or a disc around its centre.

    ``size``: (height, width) of the image; pixels outside it are cut off. None if no pixel is left or the centre lies
    outside. ``radius_um``: radius of the disc. ``ring_um``: outer radius of a ring around the disc that the loss
    ignores, as in SegMitos (Li et al., Medical Image Analysis 53, 2019), or None. ``check_radii`` checks both radii.
    """
    pixels = pixels_within(annotation, size, radius_um / mpp)
    if pixels is None:
        return None
    if annotation.pixels is not None or annotation.outline is not None:
        return MitoticFigure(pixels)
    x, y = float(annotation.x), float(annotation.y)
    return MitoticFigure(pixels, None if ring_um is None else Circle(x, y, float(ring_um / mpp)), (x, y))


def check_radii(radius_um: object, ring_um: object) -> None:
    """``InputError`` unless ``radius_um`` is above 0 and ``ring_um`` is above ``radius_um`` or None."""
    radius, ring = _length(radius_um), _length(ring_um)
    if not radius > 0:
        raise InputError(f"data.radius_um={radius_um}: give micrometres above 0, such as 4")
    if ring_um is not None and not ring > radius:
        raise InputError(f"data.ring_um={ring_um}: give more micrometres than data.radius_um={radius:g}, or null")


def _length(value: object) -> float:
    """``value`` if it is a finite number, otherwise nan, which fails every comparison."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return math.nan
    return value
