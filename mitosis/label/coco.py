"""COCO json: ``bbox`` is left, top, width, height; ``segmentation`` is one or more polygons.

Both count from the corner of the first pixel.
"""

import os
from typing import Any

import numpy as np

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import CORNER, Annotation, Labels
from mitosis.label.boxes import box_of, boxed
from mitosis.label.image_json import MITOTIC, NEGATIVE, Entry, described, is_number, load, read_entries, read_images
from mitosis.label.kind import ClassNames
from mitosis.label.shape import Box, area, bounds, joined, outlined
from mitosis.label.table import plain


def read(path: str | os.PathLike[str], *, names: ClassNames | None = None) -> Labels:
    """Read the cells, each centred in its box. One polygon becomes the outline, several become pixels.

    Raises ``InputError`` naming file and annotation: as ``image_json``, for a negative width or height, for a
    segmentation that is not a list of polygons (run-length encoding is not supported), and for one beside its box.
    """
    document = load(path)
    cells = tuple(_cell(entry) for entry in read_entries(document, path, names))
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
    box = (x - CORNER, y - CORNER, x + width - CORNER, y + height - CORNER)
    plain_cell = boxed(entry.image, entry.mitotic, box, entry.where)
    given = entry.values.get("segmentation")
    if given in (None, []):
        return plain_cell
    if not isinstance(given, list) or not all(_is_polygon(item) for item in given):
        raise InputError(f"{entry.where}: its segmentation is not a list of polygons; export it as polygons")
    outlines = [np.array(item, dtype=np.float64).reshape(-1, 2) - CORNER for item in given]
    _check_same_place(box, np.concatenate(outlines), entry.where)
    outline, pixels = joined(outlines, entry.where)
    return Annotation(entry.image, entry.mitotic, plain_cell.x, plain_cell.y, box, outline, pixels)


def _check_same_place(box: Box, corners: np.ndarray, where: str) -> None:
    """``InputError`` unless the box and that of the segmentation have half of their pixels in common."""
    other = bounds(corners, None)
    assert other is not None
    (x1, y1, x2, y2), (u1, v1, u2, v2) = box, other
    common = max(0.0, min(x2, u2) - max(x1, u1) + 1) * max(0.0, min(y2, v2) - max(y1, v1) + 1)  # 1: they may be rounded
    union = (x2 - x1 + 1) * (y2 - y1 + 1) + (u2 - u1 + 1) * (v2 - v1 + 1) - common
    if common < 0.5 * union:
        told = " and ".join(", ".join(f"{value + CORNER:g}" for value in one) for one in (box, other))
        raise InputError(
            f"{where}: its bbox and its segmentation are two places, {told} (left, top, right, bottom); bbox takes x,"
            " y, width, height"
        )


def _is_polygon(item: Any) -> bool:
    return isinstance(item, list) and len(item) >= 6 and len(item) % 2 == 0 and all(map(is_number, item))


def _entry(number: int, cell: Annotation, image: int) -> dict[str, Any]:
    x1, y1, x2, y2 = box_of(cell)
    outlines = (
        outlined(cell.pixels, cell.image) if cell.pixels is not None else [] if cell.outline is None else [cell.outline]
    )
    return {
        "id": number,
        "image_id": image,
        "category_id": MITOTIC if cell.mitotic else NEGATIVE,
        "bbox": [plain(value) for value in (x1 + CORNER, y1 + CORNER, x2 - x1, y2 - y1)],
        "segmentation": [[plain(value) for value in (outline + CORNER).ravel().tolist()] for outline in outlines],
        "area": plain(sum(map(area, outlines)) if outlines else (x2 - x1) * (y2 - y1)),
        "iscrowd": 0,
    }
