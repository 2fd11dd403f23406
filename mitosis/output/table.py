"""Detections as csv, one row each, in full-resolution pixels of the image as given."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mitosis import files

MITOSIS, OTHER = "mitotic figure", "non-mitotic figure"
HEADER = ("image", "x", "y", "score", "class", "area_um2", "mpp")


@dataclass(frozen=True)
class DetectionRow:
    """``x``, ``y``: pixels, 0-based from the top left. ``score`` in [0, 1]. ``kind``: ``MITOSIS`` or ``OTHER``."""

    image: str
    x: float
    y: float
    score: float
    kind: str
    area_um2: float
    mpp: float


def rows_of(
    image: str, points: np.ndarray, scores: np.ndarray, accepted: np.ndarray, area_um2: np.ndarray, mpp: float
) -> list[DetectionRow]:
    """All candidates of an image as rows: ``points`` (n, 2), the others (n,); accepted ones are of kind MITOSIS."""
    return [
        DetectionRow(image, float(x), float(y), float(score), MITOSIS if taken else OTHER, float(area), mpp)
        for (x, y), score, taken, area in zip(points, scores, accepted, area_um2, strict=True)
    ]


def write_detections(path: Path, rows: Iterable[DetectionRow]) -> None:
    """Replace ``path`` by the rows under ``image,x,y,score,class,area_um2,mpp``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        numbers = (f"{row.x:.2f}", f"{row.y:.2f}", f"{row.score:.4f}", row.kind, f"{row.area_um2:.2f}", f"{row.mpp:g}")
        writer.writerow((row.image, *numbers))
    files.write_text(path, text.getvalue())
