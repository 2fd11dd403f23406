"""LabelMe's json: one file per image, ``a.json`` for ``a.png``.

Coordinates count from the corner of the first pixel.
"""

import math
import os
from pathlib import Path, PurePosixPath
from typing import Any

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.corner import Pair, corners_of, place_of, rectangle, ring, sides_of, spanned, spot
from mitosis.label.image_json import is_number, load
from mitosis.label.kind import ClassNames
from mitosis.label.per_image import bare, file_of, named
from mitosis.label.table import plain

VERSION = "5.0.1"


def read(path: str | os.PathLike[str], image: str | None = None, *, names: ClassNames | None = None) -> Labels:
    """Read the cells of one image; ``image`` is its name, by default the file's name without .json.

    Points are cells without a shape; rectangles, circles and the frames of masks are boxes, polygons outlines.
    Raises ``InputError`` naming file and shape if it is not such a file, or a shape is a line or has no known class.
    """
    image, names = Path(path).stem if image is None else image, names or ClassNames()
    document = load(path)
    shapes = document.get("shapes") if isinstance(document, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise InputError(f"{path}: no list of shapes in it; it is no json of LabelMe")
    image, inner = named(image, document.get("imagePath"))
    cells: list[Annotation] = []
    for count, shape in enumerate(shapes, start=1):
        where = f"{path}, shape {count}"
        mitotic = names.mitotic(shape.get("label"), where)
        if mitotic is not None:
            cells += _cells(image, mitotic, shape, where)
    height, width = document.get("imageHeight"), document.get("imageWidth")
    size = (int(height), int(width)) if is_number(height) and is_number(width) else None
    return Labels(tuple(cells), {image: size}, inner=inner)


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write a new folder ``path`` with ``<image>.json`` for each image; a cell without a shape becomes a point."""
    with files.new_folder(path) as folder:
        for image, size in labels.sizes.items():
            height, width = size or (None, None)
            document = {
                "version": VERSION,
                "flags": {},
                "shapes": [_shape(cell) for cell in labels.of(image)],
                "imagePath": PurePosixPath(image).name,
                "imageData": None,
                "imageHeight": height,
                "imageWidth": width,
            }
            files.write_json(file_of(folder, bare(image), ".json"), document)


def _cells(image: str, mitotic: bool, shape: dict[str, Any], where: str) -> list[Annotation]:
    kind, places = shape.get("shape_type") or "polygon", _pairs(shape.get("points"), where)
    if kind in ("point", "points"):
        return [spot(image, mitotic, place) for place in places]
    if kind in ("rectangle", "mask"):
        return [spanned(image, mitotic, places, where)]
    if kind == "circle" and len(places) == 2:
        (x, y), edge = places
        radius = math.dist((x, y), edge)
        return [rectangle(image, mitotic, (x - radius, y - radius, x + radius, y + radius), where)]
    if kind in ("polygon", "oriented_rectangle"):
        return [ring(image, mitotic, places, where)]
    raise InputError(f"{where}: a {kind} of {len(places)} points is no cell; draw points, rectangles or polygons")


def _pairs(given: Any, where: str) -> list[Pair]:
    if not isinstance(given, list) or not given:
        raise InputError(f"{where}: it has no points")
    if not all(isinstance(pair, list) and len(pair) == 2 and all(map(is_number, pair)) for pair in given):
        raise InputError(f"{where}: its points are not pairs of numbers")
    return [(float(x), float(y)) for x, y in given]


def _shape(cell: Annotation) -> dict[str, Any]:
    if cell.outline is not None:
        kind, places = "polygon", corners_of(cell.outline)
    elif cell.box is not None:
        x1, y1, x2, y2 = sides_of(cell.box)
        kind, places = "rectangle", [(x1, y1), (x2, y2)]
    else:
        kind, places = "point", [place_of(cell)]
    points = [[plain(x), plain(y)] for x, y in places]
    label = "mitosis" if cell.mitotic else "non-mitosis"
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}}
