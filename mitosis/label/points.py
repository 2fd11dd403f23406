"""Csv of centres: the columns image, x, y and, if there are hard negatives, label (or class)."""

import os

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.kind import ClassNames
from mitosis.label.table import Row, images_of, plain, read_rows, write_rows

COLUMNS = ("image", "x", "y")
CORNERS = ("x1", "y1", "x2", "y2")
SIDES = frozenset(of + side for of in ("", "box_", "bbox_") for side in ("width", "height", "w", "h"))
"""Columns that make a corner of a box of x and y, in some programs' tables."""


def read(path: str | os.PathLike[str], *, names: ClassNames | None = None) -> Labels:
    """Read the cells of a csv, with any number of rows per image; without a class column all are mitoses.

    A row without x and y names an image that was annotated and has no cells. The columns mpp, image_width and
    image_height say it of the image; others are ignored. ``names``: what
    the classes mean.
    Raises ``InputError`` naming file and row: as ``table.read_rows``, for an unknown class or a value that is not a
    number, and for columns of a box's sides.
    """
    annotations, rows, names = [], read_rows(path, COLUMNS), names or ClassNames()
    for row in rows:
        if sides := SIDES & row.values.keys():
            raise InputError(
                f"{path}: x and y beside {', '.join(sorted(sides))} may be a box's corner or its centre; name a box"
                " x1, y1, x2, y2, or leave out its sides"
            )
        image = row.values["image"]
        if not row.blank(("x", "y")):
            mitotic = row.mitotic(names)
            if mitotic is not None:
                annotations.append(Annotation(image, mitotic, *_place(row)))
    return Labels(tuple(annotations), *images_of(rows))


def _place(row: Row) -> tuple[float, float]:
    """The centre; ``InputError`` if the row also has a box that does not contain it."""
    x, y = row.number("x"), row.number("y")
    if all(row.values.get(name) for name in CORNERS):
        x1, y1, x2, y2 = map(row.number, CORNERS)
        if not (x1 <= x <= x2 and y1 <= y <= y2):
            box = f"{x1:g}, {y1:g} to {x2:g}, {y2:g}"
            raise InputError(f"{row.where}: {x:g}, {y:g} lies outside of its box from {box}; leave out what is wrong")
    return x, y


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write one row per cell, then one for each image without cells, replacing ``path``."""
    rows: list[tuple[object, ...]] = [(*COLUMNS, "label")]
    for cell in labels.annotations:
        rows.append((cell.image, plain(cell.x), plain(cell.y), "mitosis" if cell.mitotic else "non-mitosis"))
    write_rows(path, [*rows, *((image, "", "", "") for image in labels.empty)])
