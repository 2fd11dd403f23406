"""Csv of centres: the columns image, x, y and, when there are hard negatives too, label (or class)."""

import os

from mitosis.label.annotation import Annotation, Labels
from mitosis.label.kind import is_mitotic
from mitosis.label.table import plain, read_rows, write_rows

COLUMNS = ("image", "x", "y")


def read(path: str | os.PathLike[str]) -> Labels:
    """The cells of a csv, any number of rows an image; without a class column all are mitoses.

    A row with neither x nor y names an image that was looked at and has none. Further columns are ignored.
    Raises ``InputError`` naming file and row: as ``table.read_rows``, what is not a number, a class that is not known.
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
    """Replace ``path`` by a row a cell, then one for each image that has none."""
    rows: list[tuple[object, ...]] = [(*COLUMNS, "label")]
    for cell in labels.annotations:
        rows.append((cell.image, plain(cell.x), plain(cell.y), "mitosis" if cell.mitotic else "non-mitosis"))
    write_rows(path, [*rows, *((image, "", "", "") for image in labels.empty)])
