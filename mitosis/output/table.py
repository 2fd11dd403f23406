"""Detections as csv: one row per detection, in full-resolution pixels of the image as given."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from mitosis import files
from mitosis.errors import InputError
from mitosis.inference.detections import Detections
from mitosis.label.name import shown_name

MITOSIS, OTHER = "mitotic figure", "non-mitotic figure"
HEADER = ("image", "x", "y", "score", "class", "area_um2", "mpp")


Row = tuple[str, ...]


def write_detections(path: Path, images: Iterable[tuple[str, Detections]]) -> None:
    """Write the detections of all images, given as pairs of name and detections, to ``path`` atomically."""
    write_rows(path, [row for name, detections in images for row in rows_of(name, detections)])


def rows_of(name: str, detections: Detections) -> list[Row]:
    """The rows of one image, in the order of ``HEADER``.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    rows, mpp, shown = [], f"{detections.mpp:g}", shown_name(name)
    columns = (detections.points, detections.scores, detections.accepted, detections.area_um2)
    for (x, y), score, accepted, area in zip(*columns, strict=True):
        kind = MITOSIS if accepted else OTHER
        rows.append((shown, f"{x:.2f}", f"{y:.2f}", f"{score:.4f}", kind, f"{area:.2f}", mpp))
    return rows


def detections_of(rows: Sequence[Row], mpp: float) -> Detections:
    """The detections of one image of ``mpp`` from its rows: the inverse of ``rows_of``, but for the rounding."""
    columns = dict(zip(HEADER, zip(*rows, strict=True), strict=True)) if rows else {name: () for name in HEADER}
    x, y, scores, areas = (np.array(columns[name], dtype=np.float64) for name in ("x", "y", "score", "area_um2"))
    accepted = np.array([kind == MITOSIS for kind in columns["class"]], dtype=bool)
    return Detections(np.column_stack([x, y]), scores, accepted, areas, mpp)


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write a header and rows to ``path`` atomically."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    files.write_text(path, text.getvalue())


def read_rows(path: Path) -> list[Row]:
    """The rows that ``write_rows`` wrote; ``InputError`` naming the file if it holds something else."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = [tuple(row) for row in csv.reader(file)] or [()]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a table of detections ({error}); remove it") from error
    if header != HEADER or any(len(row) != len(HEADER) for row in rows):
        raise InputError(f"{path} is not a table of detections; remove it, or give another folder")
    return rows
