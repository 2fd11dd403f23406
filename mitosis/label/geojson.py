"""GeoJSON as QuPath uses it: one file per image, one object per cell, its class in ``classification``."""

import os
from pathlib import Path
from typing import Any, cast

import numpy as np

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import CORNER, Annotation, Labels
from mitosis.label.image_json import is_number, load
from mitosis.label.kind import ClassNames
from mitosis.label.per_image import file_of
from mitosis.label.shape import joined, middle, outlined

CLASSES = {True: {"name": "Mitosis", "color": [0, 200, 0]}, False: {"name": "Non-mitosis", "color": [200, 0, 0]}}

REGION = {"name": "Region*", "color": [60, 60, 60]}
"""A class that is no cell's: QuPath's own names for regions end with a star."""


def read(path: str | os.PathLike[str], image: str | None = None, *, names: ClassNames | None = None) -> Labels:
    """Read the cells of one image; ``image`` is its name, by default the file's name without .geojson.

    A point is a cell, a polygon a cell with an outline (holes are filled), and a polygon of several parts a cell with
    pixels. QuPath counts from the corner of the first pixel. Classes that end with a star, as QuPath's Region* and
    Ignore*, are passed over.
    Raises ``InputError`` naming file and object if it is not GeoJSON or has another geometry, no class or an unknown
    class.
    """
    image, names = Path(path).stem if image is None else image, names or ClassNames()
    document = load(path)
    features = document.get("features", [document]) if isinstance(document, dict) else document
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise InputError(f"{path}: no list of features in it; it is no GeoJSON")
    cells = [
        cell
        for number, feature in enumerate(features, start=1)
        for cell in _cells(feature, image, names, f"{path}, object {number}")
    ]
    return Labels(tuple(cells), {image: None})


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write a new folder ``path`` with ``<image>.geojson`` for each image.

    Cells with an outline or pixels become polygons (holes are filled), all others points. Raises ``InputError`` as
    ``files.new_folder`` and ``file_of``.
    """
    with files.new_folder(path) as folder:
        for image in labels.sizes:
            features = [_feature(cell) for cell in labels.of(image)]
            file = file_of(folder, image, ".geojson")
            files.write_json(file, {"type": "FeatureCollection", "features": features})


def _cells(feature: dict[str, Any], image: str, names: ClassNames, where: str) -> list[Annotation]:
    geometry, properties = feature.get("geometry"), feature.get("properties")
    if not isinstance(geometry, dict):
        raise InputError(f"{where}: it has no geometry; it is no GeoJSON of QuPath")
    kind, places = geometry.get("type"), cast(Any, geometry.get("coordinates"))
    name = _class(properties)
    if name is not None and name.endswith("*"):
        names.pass_over(name)
        return []
    mitotic = names.mitotic(name, where)
    if mitotic is None:
        return []
    if kind in ("Point", "MultiPoint"):
        points = _pairs([places] if kind == "Point" else places, where)
        return [Annotation(image, mitotic, float(x), float(y)) for x, y in points]
    if kind not in ("Polygon", "MultiPolygon"):
        raise InputError(f"{where}: a {kind} is no cell; give points or polygons")
    parts = [places] if kind == "Polygon" else places
    if not isinstance(parts, list) or not parts or not all(isinstance(part, list) and part for part in parts):
        raise InputError(f"{where}: its {kind} has no coordinates")
    outlines = [_ring(part[0], where) for part in parts]
    outline, pixels = joined(outlines, where)
    x, y = middle(outlines[0]) if pixels is None else pixels.mean(axis=0)
    return [Annotation(image, mitotic, float(x), float(y), outline=outline, pixels=pixels)]


def _class(properties: Any) -> str | None:
    given = properties.get("classification") if isinstance(properties, dict) else None
    if isinstance(given, dict):
        given = given.get("name") or ": ".join(map(str, given.get("names") or []))
    return None if given is None else str(given)


def _ring(given: Any, where: str) -> np.ndarray:
    outline = _pairs(given, where)
    if len(outline) > 1 and (outline[0] == outline[-1]).all():
        outline = outline[:-1]
    if len(outline) < 3:
        raise InputError(f"{where}: a polygon has three corners or more")
    return outline


def _pairs(given: Any, where: str) -> np.ndarray:
    if not isinstance(given, list) or not given or not all(isinstance(pair, list) and len(pair) >= 2 for pair in given):
        raise InputError(f"{where}: its coordinates are not pairs of numbers")
    if not all(is_number(value) for pair in given for value in pair[:2]):
        raise InputError(f"{where}: its coordinates are not pairs of numbers")
    return np.array([pair[:2] for pair in given], dtype=np.float64) - CORNER


def _feature(cell: Annotation) -> dict[str, Any]:
    outlines = (
        outlined(cell.pixels, cell.image) if cell.pixels is not None else [] if cell.outline is None else [cell.outline]
    )
    rings = [[*(outline + CORNER).tolist(), (outline[0] + CORNER).tolist()] for outline in outlines]
    if not rings:
        geometry: dict[str, Any] = {"type": "Point", "coordinates": [cell.x + CORNER, cell.y + CORNER]}
    elif len(rings) == 1:
        geometry = {"type": "Polygon", "coordinates": rings}
    else:
        geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    properties = {"objectType": "annotation", "classification": CLASSES[cell.mitotic]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
