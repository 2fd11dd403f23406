"""The MIDOG challenges' json: like COCO, but ``bbox`` holds the corners x1, y1, x2, y2."""

import os
from collections.abc import Container
from typing import Any

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.boxes import box_of, boxed
from mitosis.label.image_json import MITOTIC, NEGATIVE, described, load, read_entries, read_images
from mitosis.label.kind import ClassNames
from mitosis.label.table import plain


def read(
    path: str | os.PathLike[str], unlabelled: Container[int] | None = None, *, names: ClassNames | None = None
) -> Labels:
    """Read mitotic figures and hard negatives, each centred in its box, even outside the image.

    ``unlabelled``: ids of the images that were not annotated (human breast 151–200 of MIDOG++); they are left out if
    they have no annotation. None means that they are not known; every image without annotations is then left out.
    Raises ``InputError`` naming file and annotation: as ``image_json``, and for corners in the wrong order.
    """
    document = load(path)
    cells = []
    for entry in read_entries(document, path, names):
        cells.append(boxed(entry.image, entry.mitotic, entry.box, entry.where))
    labelled = {cell.image for cell in cells}
    kept = {}
    for key, (name, size) in read_images(document, path).items():
        if name in labelled or (unlabelled is not None and key not in unlabelled):
            kept[name] = size
    return Labels(tuple(cells), kept)


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write the cells' boxes, replacing ``path``. ``InputError`` for a cell without box or an image without cells."""
    if labels.empty:
        raise InputError(f"{labels.empty[0]} has no cell, and MIDOG's json takes such an image for unlabelled")
    images, ids = described(labels.sizes)
    annotations = [_entry(number, cell, ids[cell.image]) for number, cell in enumerate(labels.annotations, start=1)]
    categories = [{"id": MITOTIC, "name": "mitotic figure"}, {"id": NEGATIVE, "name": "hard negative"}]
    files.write_json(path, {"images": images, "categories": categories, "annotations": annotations})


def _entry(number: int, cell: Annotation, image: int) -> dict[str, Any]:
    category = MITOTIC if cell.mitotic else NEGATIVE
    return {"id": number, "image_id": image, "category_id": category, "bbox": list(map(plain, box_of(cell)))}
