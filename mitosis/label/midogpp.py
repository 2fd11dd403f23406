"""The label files of MIDOG 2021, MIDOG 2022 and MIDOG++: one json that looks like COCO, with boxes of corners."""

import csv
import json
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels

MITOTIC = {1: True, 2: False}
"""``category_id`` → a mitosis; the categories' names differ between copies, their numbers do not."""


def read_midog(path: Path, unlabelled: Container[int] = ()) -> Labels:
    """All boxes of the file: [x1, y1, x2, y2], corners, not x, y, width, height; the centre is their mean.

    Boxes at an image's border pass it and are kept as they are. ``unlabelled``: ids of images nobody looked at: without
    a box they are no negatives and are left out. Images are named as in the file ("001.tiff").
    Raises ``InputError`` naming file and entry: no such form, a box of an unknown image, an unknown category, corners
    that are not four finite numbers or in the wrong order (as x, y, width, height would be).
    """
    images, entries = _lists(path)
    try:
        by_id = {image["id"]: image for image in images}
        names = {key: str(image["file_name"]) for key, image in by_id.items()}
        sizes = {key: (int(image["height"]), int(image["width"])) for key, image in by_id.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: an image without id, file_name, width and height ({error!r})") from error
    cells = [_cell(entry, names, f"{path}, annotation {index}") for index, entry in enumerate(entries, start=1)]
    seen = {cell.image for cell in cells}
    kept = [key for key, name in names.items() if name in seen or key not in unlabelled]
    return Labels(tuple(cells), {names[key]: sizes[key] for key in kept})


def _lists(path: Path) -> tuple[list[Any], list[Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as json ({error}); download it again") from error
    lists = [content.get(key) if isinstance(content, dict) else None for key in ("images", "annotations")]
    if not all(isinstance(entries, list) for entries in lists):
        raise InputError(f"{path}: no lists images and annotations; give the json of a MIDOG challenge")
    return lists[0], lists[1]  # pyright: ignore[reportReturnType]


def _cell(entry: Any, names: dict[Any, str], where: str) -> Annotation:
    try:
        image, category = entry["image_id"], entry["category_id"]
        x1, y1, x2, y2 = (float(value) for value in entry["bbox"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{where}: no image_id, category_id and bbox of four numbers ({error!r})") from error
    if image not in names:
        raise InputError(f"{where}: image_id {image} is none of the file's images")
    if category not in MITOTIC:
        raise InputError(f"{where}: category_id {category} is neither 1 (mitotic figure) nor 2 (hard negative)")
    if not (x1 < x2 and y1 < y2):
        raise InputError(f"{where}: bbox {entry['bbox']} is not [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
    return Annotation(names[image], MITOTIC[category], (x1 + x2) / 2, (y1 + y2) / 2, box=(x1, y1, x2, y2))


@dataclass(frozen=True)
class Slide:
    """A row of MIDOG++'s split csv. ``test``: it stands in the published test part."""

    test: bool
    tumour: str
    scanner: str


def read_split(path: Path) -> dict[int, Slide]:
    """Image's id → its row of ``datasets_xvalidation.csv`` (columns Slide, Dataset, Tumor, Scanner, …; semicolons).

    Raises ``InputError`` naming file and row: other columns, an id that is no number, a Dataset other than train, test.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not readable as a csv ({error})") from error
    slides = {}
    for number, row in enumerate(rows, start=2):
        try:
            part = row["Dataset"].strip().lower()
            slides[int(row["Slide"])] = Slide(part == "test", row["Tumor"].strip(), row["Scanner"].strip())
        except (KeyError, AttributeError, ValueError) as error:
            columns = "Slide;Dataset;Tumor;Scanner"
            raise InputError(f"{path}, row {number}: not of the columns {columns} ({error!r})") from error
        if part not in ("train", "test"):
            raise InputError(f"{path}, row {number}: Dataset {part!r} is neither train nor test")
    return slides
