"""The json and csv of the VGG Image Annotator (VIA 1 and 2): one file for all images.

Coordinates count from the corner of the first pixel.
"""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.corner import Pair, corners_of, place_of, rectangle, ring, sides_of, spot
from mitosis.label.image_json import is_number, load
from mitosis.label.kind import ClassNames
from mitosis.label.name import composed
from mitosis.label.table import ANSWERS, WHETHER, answered, plain
from mitosis.label.text import read_csv_text

CLASS = ("class", "label", "type", "name", "category")
"""Attributes of a region that may hold its class, if it has several."""
COLUMNS = ("filename", "region_shape_attributes", "region_attributes")
"""Columns of the csv."""
PROJECT = "_via_img_metadata"
"""Key of a project's json that holds what an export of the annotations holds alone."""


def read(path: str | os.PathLike[str], *, names: ClassNames | None = None) -> Labels:
    """Read the cells of all images; an image without a region was annotated and has no cells.

    Points are cells without a shape; rectangles, circles and ellipses are boxes, polygons outlines.
    Raises ``InputError`` naming file, image and region if it is not such a file, or a region is a line or has no known
    class.
    """
    names = names or ClassNames()
    cells: list[Annotation] = []
    sizes: dict[str, tuple[int, int] | None] = {}
    for image, region, where in _regions(Path(path)):
        sizes[image] = None
        if region is None:
            continue
        shape, attributes = region
        mitotic = names.mitotic(_class(attributes, where), where)
        if mitotic is not None:
            cells.append(_cell(image, mitotic, shape, where))
    return Labels(tuple(cells), sizes)


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write the cells of all images as json, replacing ``path``; a cell without a shape becomes a point."""
    document = {
        f"{image}-1": {
            "filename": image,
            "size": -1,
            "regions": [
                {
                    "shape_attributes": _shape(cell),
                    "region_attributes": {"class": "mitosis" if cell.mitotic else "non-mitosis"},
                }
                for cell in labels.of(image)
            ],
            "file_attributes": {},
        }
        for image in labels.sizes
    }
    files.write_json(path, document)


def entries(document: Any) -> list[dict[str, Any]] | None:
    """The entries of VIA's json, one per image and none in an empty one; None if it is no such json."""
    table = document.get(PROJECT, document) if isinstance(document, dict) else None
    if not isinstance(table, dict):
        return None
    found = list(table.values())
    return found if all(isinstance(one, dict) and "regions" in one and "filename" in one for one in found) else None


Region = tuple[dict[str, Any], dict[str, Any]]


def _regions(path: Path) -> Iterator[tuple[str, Region | None, str]]:
    """Image, (shape, attributes) and place of each region; a pair of None for an image without one."""
    if path.suffix.lower() == ".csv":
        yield from _rows(path)
        return
    if (found := entries(load(path))) is None:
        raise InputError(f"{path}: no images with regions in it; it is no json of VIA 1 or 2")
    for entry in found:
        image, regions = composed(str(entry["filename"])), entry["regions"]
        regions = list(regions.values()) if isinstance(regions, dict) else regions
        if not isinstance(regions, list):
            raise InputError(f"{path}, {image}: its regions are no list")
        yield image, None, f"{path}, {image}"
        for count, region in enumerate(regions, start=1):
            where = f"{path}, {image}, region {count}"
            parts = [region.get(key) if isinstance(region, dict) else None for key in _PARTS]
            yield image, _pair(parts[0], parts[1], where), where


def _rows(path: Path) -> Iterator[tuple[str, Region | None, str]]:
    try:
        rows = list(csv.DictReader(io.StringIO(read_csv_text(path), newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: not readable as a csv ({error})") from error
    for count, row in enumerate(rows, start=2):
        where = f"{path}, row {count}"
        image, *texts = ((row.get(column) or "").strip() for column in COLUMNS)
        if not image:
            raise InputError(f"{where}: no image is named")
        try:
            shape, attributes = (json.loads(text or "{}") for text in texts)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: its attributes are not readable as json ({error})") from error
        yield composed(image), None if shape == {} else _pair(shape, attributes, where), where


_PARTS = ("shape_attributes", "region_attributes")


def _pair(shape: Any, attributes: Any, where: str) -> Region:
    if not isinstance(shape, dict) or not isinstance(attributes, dict):
        raise InputError(f"{where}: it has no shape or no attributes")
    return shape, attributes


def _class(attributes: dict[str, Any], where: str) -> str | None:
    """The value of the attribute that is the class; of check boxes, those that are set."""
    given = {key: value for key, value in attributes.items() if value not in ("", None, {})}
    named = [value for key, value in given.items() if key.lower() in CLASS]
    if len(given) > 1 and len(named) != 1:
        listed = ", ".join(given)
        raise InputError(f"{where}: which of its attributes ({listed}) is the class? name that one class")
    value = next(iter(named or given.values()), None)
    if isinstance(value, dict):
        return ", ".join(key for key, ticked in value.items() if ticked) or None
    if value is None or named:
        return None if value is None else str(value)
    key, text = next(iter(given)), str(value)
    return answered(text) if key.lower() in WHETHER or text.lower() not in ANSWERS else f"{key}: {text}"


def _cell(image: str, mitotic: bool, shape: dict[str, Any], where: str) -> Annotation:
    kind = shape.get("name")
    if kind == "point":
        x, y = _numbers(shape, ("cx", "cy"), where)
        return spot(image, mitotic, (x, y))
    if kind == "rect":
        x, y, width, height = _numbers(shape, ("x", "y", "width", "height"), where)
        return rectangle(image, mitotic, (x, y, x + width, y + height), where)
    if kind in ("circle", "ellipse"):
        x, y, rx, ry = _numbers(shape, ("cx", "cy", *(("r", "r") if kind == "circle" else ("rx", "ry"))), where)
        return rectangle(image, mitotic, (x - rx, y - ry, x + rx, y + ry), where)
    if kind == "polygon":
        xs, ys = shape.get("all_points_x"), shape.get("all_points_y")
        if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys):
            raise InputError(f"{where}: its polygon has no pairs of all_points_x and all_points_y")
        if not all(map(is_number, [*xs, *ys])):
            raise InputError(f"{where}: its points are not numbers")
        return ring(image, mitotic, [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)], where)
    raise InputError(f"{where}: a {kind} is no cell; draw points, rectangles, circles or polygons")


def _numbers(shape: dict[str, Any], keys: tuple[str, ...], where: str) -> list[float]:
    values = [shape.get(key) for key in keys]
    if wrong := [key for key, value in zip(keys, values, strict=True) if not is_number(value)]:
        raise InputError(f"{where}: {wrong[0]}={shape.get(wrong[0])!r:.40} is not a number")
    return [float(value) for value in values if is_number(value)]


def _shape(cell: Annotation) -> dict[str, Any]:
    if cell.outline is not None:
        xs, ys = zip(*corners_of(cell.outline), strict=True)
        return {"name": "polygon", "all_points_x": list(map(plain, xs)), "all_points_y": list(map(plain, ys))}
    if cell.box is not None:
        x1, y1, x2, y2 = sides_of(cell.box)
        sides = map(plain, (x1, y1, x2 - x1, y2 - y1))
        return {"name": "rect"} | dict(zip(("x", "y", "width", "height"), sides, strict=True))
    place: Pair = place_of(cell)
    return {"name": "point", "cx": plain(place[0]), "cy": plain(place[1])}
