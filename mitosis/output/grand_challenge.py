"""Detections as the MIDOG contests take them from a container: points in mm."""

import json
from pathlib import Path

from mitosis import files
from mitosis.inference.detections import Detections
from mitosis.output.table import MITOSIS, OTHER


def write_points(path: Path, detections: Detections) -> None:
    """Write grand-challenge's json of multiple points atomically, point by point.

    Args:
        path: The file.
        detections: All candidates of an image. Those that were not accepted are named as such.
    """
    with files.replacing(path, "w", encoding="utf-8", newline="") as file:
        file.write('{"name": "mitotic figures", "type": "Multiple points", "points": [')
        columns = (detections.points, detections.scores, detections.accepted)
        for index, ((x, y), score, accepted) in enumerate(zip(*columns, strict=True)):
            point = {
                "name": MITOSIS if accepted else OTHER,
                "point": [round(float(value) * detections.mpp / 1e3, 6) for value in (x, y)] + [0],
                "probability": round(float(score), 4),
            }
            file.write(("," if index else "") + "\n" + json.dumps(point))
        file.write('\n], "version": {"major": 1, "minor": 0}}\n')
