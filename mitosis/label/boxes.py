"""Csv of boxes: the columns image, x1, y1, x2, y2 and, when there are hard negatives too, label (or class)."""

import os

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.kind import is_mitotic
from mitosis.label.table import plain, read_rows, write_rows

CORNERS = ("x1", "y1", "x2", "y2")
COLUMNS = ("image", *CORNERS)


def read(path: str | os.PathLike[str]) -> Labels:
    """The cells of a csv, each in the middle of its box, wherever the box lies; otherwise as ``points.read``.

    Raises ``InputError`` naming file and row: as ``points.read``, and corners in the wrong order.
    """
    annotations, sizes = [], {}
    for row in read_rows(path, COLUMNS):
        image = row.values["image"]
        sizes[image] = None
        if not row.blank(CORNERS):
            x1, y1, x2, y2 = (row.number(name) for name in CORNERS)
            mitotic = row.kind is None or is_mitotic(row.kind, row.where)
            annotations.append(boxed(image, mitotic, (x1, y1, x2, y2), row.where))
    return Labels(tuple(annotations), sizes)


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Replace ``path`` by a row a cell, then one for each image that has none; every cell needs its box."""
    rows: list[tuple[object, ...]] = [(*COLUMNS, "label")]
    for cell in labels.annotations:
        corners = map(plain, box_of(cell))
        rows.append((cell.image, *corners, "mitosis" if cell.mitotic else "non-mitosis"))
    write_rows(path, [*rows, *((image, "", "", "", "", "") for image in labels.empty)])


def boxed(image: str, mitotic: bool, box: tuple[float, float, float, float], where: str) -> Annotation:
    """A cell in the middle of ``box``; ``InputError`` beginning with ``where`` for corners in the wrong order."""
    x1, y1, x2, y2 = box
    if x2 < x1 or y2 < y1:
        raise InputError(f"{where}: the box {box} ends before it begins; it takes left, top, right, bottom")
    return Annotation(image, mitotic, (x1 + x2) / 2, (y1 + y2) / 2, box=box)


def box_of(cell: Annotation) -> tuple[float, float, float, float]:
    """The cell's box; ``InputError`` naming the cell when it has none."""
    if cell.box is None:
        raise InputError(f"{cell.image}: the cell at ({cell.x:g}, {cell.y:g}) has no box")
    return cell.box
