"""Csv of centres: the columns image, x, y and, if there are hard negatives, label (or class)."""

import os

from mitosis.label.annotation import Annotation, Labels
from mitosis.label.kind import is_mitotic
from mitosis.label.table import plain, read_rows, write_rows

COLUMNS = ("image", "x", "y")


def read(path: str | os.PathLike[str]) -> Labels:
    """Read the cells of a csv, with any number of rows per image; without a class column all are mitoses.

    A row without x and y names an image that was annotated and has no cells. Other columns are ignored.
    Raises ``InputError`` naming file and row: as ``table.read_rows``, and for an unknown class or a value that is not a
    number.
    """
    annotations, sizes = [], {}
    for row in read_rows(path, COLUMNS):
        image = row.values["image"]
        sizes[image] = None
        if not row.blank(("x", "y")):
            mitotic = row.kind is None or is_mitotic(row.kind, row.where)
            annotations.append(Annotation(image, mitotic, row.number("x"), row.number("y")))
    return Labels(tuple(annotations), sizes)


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write one row per cell, then one for each image without cells, replacing ``path``."""
    rows: list[tuple[object, ...]] = [(*COLUMNS, "label")]
    for cell in labels.annotations:
        rows.append((cell.image, plain(cell.x), plain(cell.y), "mitosis" if cell.mitotic else "non-mitosis"))
    write_rows(path, [*rows, *((image, "", "", "") for image in labels.empty)])
