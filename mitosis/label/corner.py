"""Cells from coordinates that count from the corner of the first pixel, as most annotation programs do."""

from collections.abc import Sequence

import numpy as np

from mitosis.errors import InputError
from mitosis.label.annotation import CORNER, Annotation
from mitosis.label.boxes import boxed
from mitosis.label.shape import Box, middle, outlined

Pair = tuple[float, float]


def spot(image: str, mitotic: bool, place: Pair) -> Annotation:
    """A cell at a point."""
    return Annotation(image, mitotic, place[0] - CORNER, place[1] - CORNER)


def rectangle(image: str, mitotic: bool, box: Box, where: str) -> Annotation:
    """A cell in a box of left, top, right and bottom; ``InputError`` as ``boxed``."""
    x1, y1, x2, y2 = box
    return boxed(image, mitotic, (x1 - CORNER, y1 - CORNER, x2 - CORNER, y2 - CORNER), where)


def spanned(image: str, mitotic: bool, corners: Sequence[Pair], where: str) -> Annotation:
    """A cell in the box that corners span, in any order."""
    xs, ys = zip(*corners, strict=True)
    return rectangle(image, mitotic, (min(xs), min(ys), max(xs), max(ys)), where)


def ring(image: str, mitotic: bool, corners: Sequence[Pair], where: str) -> Annotation:
    """A cell with an outline, whose last corner may be the first one again; ``InputError`` below three corners."""
    corners = corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners
    if len(corners) < 3:
        raise InputError(f"{where}: a polygon has three corners or more, and this one {len(corners)}")
    outline = np.array(corners, dtype=np.float64) - CORNER
    return Annotation(image, mitotic, *middle(outline), outline=outline)


def corners_of(outline: np.ndarray) -> list[Pair]:
    """The corners of an outline, counted from the corner of the first pixel."""
    return [(float(x), float(y)) for x, y in outline + CORNER]


def sides_of(box: Box) -> Box:
    """Left, top, right and bottom of a box, counted from the corner of the first pixel."""
    x1, y1, x2, y2 = box
    return x1 + CORNER, y1 + CORNER, x2 + CORNER, y2 + CORNER


def place_of(cell: Annotation) -> Pair:
    """The cell's centre, counted from the corner of the first pixel."""
    return cell.x + CORNER, cell.y + CORNER


def largest(pixels: np.ndarray, where: str) -> np.ndarray:
    """The outline of the largest connected part of the pixels, for formats with one polygon per cell.

    Raises ``InputError`` as ``outlined``.
    """
    return max(outlined(pixels, where), key=lambda outline: float(np.prod(np.ptp(outline, axis=0))))
