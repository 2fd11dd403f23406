"""Detections as GeoJSON for QuPath, written object by object, so that a slide's many need no memory."""

import json
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from mitosis import files
from mitosis.count.count import RESEARCH, Hotspot
from mitosis.inference.detections import Detections
from mitosis.label.annotation import CORNER
from mitosis.label.geojson import CLASSES, REGION

CORNERS = 12
"""Corners of the polygon around a detection."""
SMALLEST_UM = 2.0
"""Least radius of that polygon in µm, so that it can be seen."""


def write_qupath(path: Path, detections: Detections, hotspots: tuple[Hotspot, ...] = ()) -> None:
    """Write a FeatureCollection atomically: a detection object per candidate, an annotation per hotspot.

    A candidate is a polygon of its area around its place, of the class Mitosis or, if it was not accepted,
    Non-mitosis, with its score and area as measurements. Hotspots are locked, and of a class that QuPath and the
    reader of labels pass over.

    Args:
        path: The file.
        detections: All candidates of an image, in pixels at full resolution.
        hotspots: The hotspots of its count.
    """
    with files.replacing(path, "w", encoding="utf-8", newline="") as file:
        file.write(f'{{"type": "FeatureCollection", "note": "{RESEARCH}", "features": [')
        for index, feature in enumerate(chain(map(_region, hotspots), _objects(detections))):
            file.write(("," if index else "") + "\n" + json.dumps(feature, ensure_ascii=False))
        file.write("\n]}\n")


def _objects(detections: Detections) -> Iterator[dict[str, Any]]:
    turn = 2 * math.pi / CORNERS
    angles = np.arange(CORNERS + 1) % CORNERS * turn
    corners = np.column_stack([np.cos(angles), np.sin(angles)])
    share = CORNERS * math.sin(turn) / 2  # of the polygon's area in the square of its radius
    columns = (detections.points, detections.scores, detections.accepted, detections.area_um2)
    for place, score, accepted, area in zip(*columns, strict=True):
        radius = max(SMALLEST_UM, math.sqrt(area / share)) / detections.mpp
        properties = {
            "objectType": "detection",
            "classification": CLASSES[bool(accepted)],
            "measurements": {"score": round(float(score), 4), "area_um2": round(float(area), 2)},
        }
        yield _feature(place + radius * corners, properties)


def _region(hotspot: Hotspot) -> dict[str, Any]:
    outline = hotspot.window.outline()
    numbers = {"figures": hotspot.figures, "area_mm2": hotspot.area_mm2, "tissue_mm2": hotspot.tissue_mm2}
    properties = {
        "objectType": "annotation",
        "name": f"Hotspot, {hotspot.name}: {hotspot.figures} figures",
        "classification": REGION,
        "isLocked": True,
        "measurements": numbers,
    }
    return _feature(np.concatenate([outline, outline[:1]]), properties)


def _feature(ring: np.ndarray, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [np.round(ring + CORNER, 2).tolist()]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
