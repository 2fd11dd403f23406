"""Whether coordinates are pixels, as every format that is read takes them, and each is that of one cell."""

import warnings
from collections.abc import Sequence

from mitosis.errors import InputError
from mitosis.label.annotation import CORNER, Annotation

LEAST = -1.0
"""Least place that a share becomes: VOC's first pixel is 1."""
MOST = 1.05
"""Greatest share, of a cell that reaches a little out of its image."""


def check_places(cells: Sequence[Annotation], labels: object) -> None:
    """``InputError`` if all cells of the file or folder ``labels``, or several of an image, lie in its first pixel.

    These are shares of the image's width and height, from 0 to 1, as YOLO and some annotation programs write them; the
    readers of formats that count from a pixel's corner have subtracted half a pixel, that of VOC a whole one.
    """
    by_image: dict[str, list[Annotation]] = {}
    for cell in cells:
        by_image.setdefault(cell.image, []).append(cell)
    several = [own for own in by_image.values() if len(own) > 1]
    if shares := next((some for some in (cells, *several) if _are_shares(some)), None):
        one, of = shares[0], "" if len(shares) == len(cells) else f" of {shares[0].image}"
        raise InputError(
            f"{labels}: all {len(shares)} cells{of} lie between 0 and 1, in the first pixel, one at ({one.x:g},"
            f" {one.y:g}): shares of the image's width and height; multiply them by its pixels"
        )


def _are_shares(cells: Sequence[Annotation]) -> bool:
    places = [place for cell in cells for place in (cell.x, cell.y)]
    return bool(places) and all(LEAST <= one <= MOST for one in places) and any(one % CORNER for one in places)


def distinct(cells: Sequence[Annotation]) -> tuple[Annotation, ...]:
    """The cells, each once: one of the same place and shape is the same cell, whatever its class."""
    first: dict[object, Annotation] = {}
    for cell in cells:
        shapes = (None if shape is None else shape.tobytes() for shape in (cell.outline, cell.pixels))
        first.setdefault((cell.image, cell.x, cell.y, cell.box, *shapes), cell)
    return tuple(first.values())


def check_one_class(cells: Sequence[Annotation], labels: object) -> None:
    """``InputError`` if a cell of the label file or folder ``labels`` is listed as a mitosis and as a hard negative."""
    mitoses, others = (distinct([cell for cell in cells if cell.mitotic == mitotic]) for mitotic in (True, False))
    both = distinct([*mitoses, *others])
    if len(both) < len(mitoses) + len(others):
        kept = set(map(id, both))
        cell = next(cell for cell in others if id(cell) not in kept)
        raise InputError(
            f"{labels}: {cell.image}: the cell at ({cell.x:g}, {cell.y:g}) is a mitosis and a hard negative; remove one"
            " of them"
        )


def warn_of_twice(count: int, labels: object, then: str) -> None:
    """Warn that cells are listed twice, if ``count`` of them are; ``then``: what becomes of them."""
    if count:
        warnings.warn(f"{labels}: {count} cell(s) are listed twice at the same place, and {then}", stacklevel=3)
