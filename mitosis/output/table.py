"""Detections as csv: one row per detection, in full-resolution pixels of the image as given."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from mitosis import files
from mitosis.inference.detections import Detections

MITOSIS, OTHER = "mitotic figure", "non-mitotic figure"
HEADER = ("image", "x", "y", "score", "class", "area_um2", "mpp")


def write_detections(path: Path, images: Iterable[tuple[str, Detections]]) -> None:
    """Write the detections of all images, given as pairs of name and detections, to ``path`` atomically."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for name, detections in images:
        columns = (detections.points, detections.scores, detections.accepted, detections.area_um2)
        mpp = f"{detections.mpp:g}"
        for (x, y), score, accepted, area in zip(*columns, strict=True):
            kind = MITOSIS if accepted else OTHER
            writer.writerow((name, f"{x:.2f}", f"{y:.2f}", f"{score:.4f}", kind, f"{area:.2f}", mpp))
    files.write_text(path, text.getvalue())
