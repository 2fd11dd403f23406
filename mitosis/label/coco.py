"""COCO json: ``bbox`` is left, top, width, height; ``segmentation`` is one or more polygons."""

import os
from typing import Any

import numpy as np

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.boxes import box_of, boxed
from mitosis.label.image_json import MITOTIC, NEGATIVE, Entry, described, is_number, load, read_entries, read_images
from mitosis.label.shape import area, joined, outlined
from mitosis.label.table import plain


def read(path: str | os.PathLike[str]) -> Labels:
    """Read the cells, each centred in its box. One polygon becomes the outline, several become pixels.

    Raises ``InputError`` naming file and annotation: as ``image_json``, for a negative width or height, and for a
    segmentation that is not a list of polygons (run-length encoding is not supported).
    """
    document = load(path)
    cells = tuple(_cell(entry) for entry in read_entries(document, path))
    return Labels(cells, dict(read_images(document, path).values()))


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write the cells' boxes and, if known, outlines; holes in pixels are filled. Replaces ``path``."""
    images, ids = described(labels.sizes)
    annotations = [_entry(number, cell, ids[cell.image]) for number, cell in enumerate(labels.annotations, start=1)]
    categories = [{"id": MITOTIC, "name": "mitotic figure"}, {"id": NEGATIVE, "name": "non-mitotic figure"}]
    files.write_json(path, {"images": images, "categories": categories, "annotations": annotations})


def _cell(entry: Entry) -> Annotation:
    x, y, width, height = entry.box
    if width < 0 or height < 0:
        raise InputError(f"{entry.where}: its box is {width:g} wide and {height:g} high; it takes x, y, width, height")
    box = (x, y, x + width, y + height)
    plain_cell = boxed(entry.image, entry.mitotic, box, entry.where)
    given = entry.values.get("segmentation")
    if given in (None, []):
        return plain_cell
    if not isinstance(given, list) or not all(_is_polygon(item) for item in given):
        raise InputError(f"{entry.where}: its segmentation is not a list of polygons; export it as polygons")
    outline, pixels = joined([np.array(item, dtype=np.float64).reshape(-1, 2) for item in given])
    return Annotation(entry.image, entry.mitotic, plain_cell.x, plain_cell.y, box, outline, pixels)


def _is_polygon(item: Any) -> bool:
    return isinstance(item, list) and len(item) >= 6 and len(item) % 2 == 0 and all(map(is_number, item))


def _entry(number: int, cell: Annotation, image: int) -> dict[str, Any]:
    x1, y1, x2, y2 = box_of(cell)
    outlines = outlined(cell.pixels) if cell.pixels is not None else [] if cell.outline is None else [cell.outline]
    return {
        "id": number,
        "image_id": image,
        "category_id": MITOTIC if cell.mitotic else NEGATIVE,
        "bbox": [plain(value) for value in (x1, y1, x2 - x1, y2 - y1)],
        "segmentation": [[plain(value) for value in outline.ravel().tolist()] for outline in outlines],
        "area": plain(sum(map(area, outlines)) if outlines else (x2 - x1) * (y2 - y1)),
        "iscrowd": 0,
    }
