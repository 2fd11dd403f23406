"""Csv of boxes: the columns image, x1, y1, x2, y2 and, if there are hard negatives, label (or class)."""

import os

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.kind import ClassNames
from mitosis.label.table import plain, read_rows, write_rows

CORNERS = ("x1", "y1", "x2", "y2")
COLUMNS = ("image", *CORNERS)


def read(path: str | os.PathLike[str], *, names: ClassNames | None = None) -> Labels:
    """Read the cells of a csv. The centre of a cell is that of its box, even outside the image.

    Otherwise as ``points.read``. Raises ``InputError`` naming file and row, also for corners in the wrong order.
    """
    annotations, sizes, names = [], {}, names or ClassNames()
    for row in read_rows(path, COLUMNS):
        image = row.values["image"]
        sizes[image] = None
        if not row.blank(CORNERS):
            mitotic = row.mitotic(names)
            if mitotic is not None:
                x1, y1, x2, y2 = (row.number(name) for name in CORNERS)
                annotations.append(boxed(image, mitotic, (x1, y1, x2, y2), row.where))
    return Labels(tuple(annotations), sizes)


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
