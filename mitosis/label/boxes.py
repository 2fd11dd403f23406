"""Csv of boxes: the columns image, x1, y1, x2, y2 and, if there are hard negatives, label (or class)."""

import os
from collections.abc import Sequence

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.kind import ClassNames
from mitosis.label.table import SIDES, Row, images_of, plain, read_rows, write_rows

CORNERS = ("x1", "y1", "x2", "y2")
COLUMNS = ("image", *CORNERS)
LENGTHS = ("width", "height")
"""Columns of the box's own width and height or, if they are not those, of the image's."""


def read(path: str | os.PathLike[str], *, names: ClassNames | None = None) -> Labels:
    """Read the cells of a csv. The centre of a cell is that of its box, even outside the image.

    Otherwise as ``points.read``. Raises ``InputError`` naming file and row, also for corners in the wrong order.
    """
    annotations, rows, names = [], read_rows(path, COLUMNS), names or ClassNames()
    for row in rows:
        image = row.values["image"]
        if not row.blank(CORNERS):
            mitotic = row.mitotic(names)
            if mitotic is not None:
                x1, y1, x2, y2 = (row.number(name) for name in CORNERS)
                annotations.append(boxed(image, mitotic, (x1, y1, x2, y2), row.where))
    return Labels(tuple(annotations), *images_of(rows, SIDES if _are_of_boxes(rows) else (*SIDES, LENGTHS)))


def _are_of_boxes(rows: Sequence[Row]) -> bool:
    """Whether all ``LENGTHS`` that are given are, to a pixel, those of the boxes."""
    given = [row for row in rows if all(row.values.get(name) for name in LENGTHS) and not row.blank(CORNERS)]
    return all(
        abs(row.number(end) - row.number(start) - row.number(length)) <= 1
        for row in given
        for start, end, length in zip(CORNERS[:2], CORNERS[2:], LENGTHS, strict=True)
    )


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write one row per cell, then one for each image without cells; every cell needs a box. Replaces ``path``."""
    rows: list[tuple[object, ...]] = [(*COLUMNS, "label")]
    for cell in labels.annotations:
        corners = map(plain, box_of(cell))
        rows.append((cell.image, *corners, "mitosis" if cell.mitotic else "non-mitosis"))
    write_rows(path, [*rows, *((image, "", "", "", "", "") for image in labels.empty)])


def boxed(image: str, mitotic: bool, box: tuple[float, float, float, float], where: str) -> Annotation:
    """A cell at the centre of ``box``; ``InputError`` that starts with ``where`` if its corners are in wrong order."""
    x1, y1, x2, y2 = box
    if x2 < x1 or y2 < y1:
        raise InputError(f"{where}: the box {box} ends before it begins; it takes left, top, right, bottom")
    return Annotation(image, mitotic, (x1 + x2) / 2, (y1 + y2) / 2, box=box)


def box_of(cell: Annotation) -> tuple[float, float, float, float]:
    """The cell's box; ``InputError`` naming the cell if it has none."""
    if cell.box is None:
        raise InputError(f"{cell.image}: the cell at ({cell.x:g}, {cell.y:g}) has no box")
    return cell.box
