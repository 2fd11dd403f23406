"""Detections as csv, one row each, in full-resolution pixels of the image as given."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from mitosis import files
from mitosis.inference.detections import Detections

MITOSIS, OTHER = "mitotic figure", "non-mitotic figure"
HEADER = ("image", "x", "y", "score", "class", "area_um2", "mpp")


def write_detections(path: Path, images: Iterable[tuple[str, Detections]]) -> None:
    """Replace ``path`` by the rows of all images, each given with its name, under ``HEADER``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for name, found in images:
        for (x, y), score, accepted, area in zip(
            found.points, found.scores, found.accepted, found.area_um2, strict=True
        ):
            kind = MITOSIS if accepted else OTHER
            writer.writerow((name, f"{x:.2f}", f"{y:.2f}", f"{score:.4f}", kind, f"{area:.2f}", f"{found.mpp:g}"))
    files.write_text(path, text.getvalue())
