"""Detections as COCO json: one file for all images."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.count.count import RESEARCH
from mitosis.label.annotation import CORNER
from mitosis.label.image_json import MITOTIC, NEGATIVE
from mitosis.output.table import HEADER, MITOSIS, OTHER, Row

SIDE_UM = 12.5
"""Side of the box around a detection: the 50 pixels of MIDOG's boxes at 0.25 µm per pixel."""


def write_coco(path: Path, images: Iterable[tuple[str, tuple[int, int], Iterable[Row]]]) -> None:
    """Write images, categories and annotations atomically, image by image.

    Args:
        path: The file.
        images: Name, (height, width) in pixels and rows of each image. The rows are those of the table of candidates,
            in the order of ``HEADER``.
    """
    images = list(images)
    listed = [
        {"id": number, "file_name": name, "height": height, "width": width}
        for number, (name, (height, width), _) in enumerate(images, start=1)
    ]
    categories = [{"id": MITOTIC, "name": MITOSIS}, {"id": NEGATIVE, "name": OTHER}]
    with files.replacing(path, "w", encoding="utf-8", newline="") as file:
        head = {"info": {"description": RESEARCH}, "images": listed, "categories": categories}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "annotations": [')
        number = 0
        for image, (_, _, rows) in enumerate(images, start=1):
            for row in rows:
                number += 1
                file.write(("," if number > 1 else "") + "\n" + json.dumps(_annotation(number, image, row)))
        file.write("\n]}\n")


def _annotation(number: int, image: int, row: Row) -> dict[str, Any]:
    values = dict(zip(HEADER, row, strict=True))
    side = SIDE_UM / float(values["mpp"])
    corner = [round(float(values[axis]) + CORNER - side / 2, 2) for axis in ("x", "y")]
    return {
        "id": number,
        "image_id": image,
        "category_id": MITOTIC if values["class"] == MITOSIS else NEGATIVE,
        "bbox": [*corner, round(side, 2), round(side, 2)],
        "area": round(side**2, 2),
        "iscrowd": 0,
        "score": float(values["score"]),
    }
