"""The common parts of COCO's and MIDOG's json: images, categories and annotations."""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from mitosis.errors import InputError
from mitosis.label.kind import is_mitotic

MITOTIC, NEGATIVE = 1, 2
"""Category ids, as in MIDOG."""
USUAL: dict[int | str, str] = {MITOTIC: "mitotic figure", NEGATIVE: "hard negative"}
"""Their names in a file that does not name its categories."""


@dataclass(frozen=True)
class Entry:
    """An annotation: ``where`` is its file and place for messages, ``image`` its image, ``values`` all its keys."""

    where: str
    image: str
    mitotic: bool
    values: dict[str, Any]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The four numbers of ``bbox``, uninterpreted; ``InputError`` if it does not hold four numbers."""
        box = self.values.get("bbox")
        if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
            raise InputError(f"{self.where}: bbox {box!r:.60} is not four numbers")
        return tuple(map(float, box))  # pyright: ignore


def load(path: str | os.PathLike[str]) -> Any:
    """Load a json file; ``InputError`` naming the file if it is missing, not text or not json."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as json ({error})") from error


def is_number(value: object) -> TypeGuard[float]:
    """Whether ``value`` is a finite number; true and false are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_images(document: Any, path: str | os.PathLike[str]) -> dict[Any, tuple[str, tuple[int, int] | None]]:
    """Image id → name and (height, width), or None if the file does not give the size.

    Raises ``InputError`` if there is no list of images, an image has no id or file_name, or two images share an id.
    """
    images: dict[Any, tuple[str, tuple[int, int] | None]] = {}
    for number, image in enumerate(_table(document, "images", path), start=1):
        where = f"{path}, image {number}"
        key, name = image.get("id"), image.get("file_name")
        if not isinstance(key, int | str) or not isinstance(name, str) or not name:
            raise InputError(f"{where}: it has no id or no file_name")
        if key in images:
            raise InputError(f"{where}: its id, {key}, is that of {images[key][0]} already")
        height, width = image.get("height"), image.get("width")
        images[key] = name, (height, width) if isinstance(height, int) and isinstance(width, int) else None
    return images


def read_entries(document: Any, path: str | os.PathLike[str]) -> Iterator[Entry]:
    """Yield the annotations. Their class follows from the category's name, or from ids 1 and 2 without names.

    Raises ``InputError`` naming the annotation if its image is not listed or its class is unknown.
    """
    images = read_images(document, path)
    categories = _table(document, "categories", path, optional=True)
    names = {one["id"]: one.get("name") for one in categories if isinstance(one.get("id"), int | str)} or USUAL
    for number, values in enumerate(_table(document, "annotations", path), start=1):
        where = f"{path}, annotation {number} (id {values.get('id')})"
        key, category = values.get("image_id"), values.get("category_id")
        if not isinstance(key, int | str) or key not in images:
            raise InputError(f"{where}: its image_id, {key}, is that of no image")
        if not isinstance(category, int | str):
            raise InputError(f"{where}: it has no category_id")
        name = names.get(category, category)
        yield Entry(where, images[key][0], is_mitotic(name, where), values)


def _table(document: Any, key: str, path: str | os.PathLike[str], optional: bool = False) -> list[dict[str, Any]]:
    table = document.get(key, [] if optional else None) if isinstance(document, dict) else None
    if not isinstance(table, list) or not all(isinstance(item, dict) for item in table):
        raise InputError(f"{path}: no list of {key} in it; it is no COCO or MIDOG json")
    return table


def described(images: dict[str, tuple[int, int] | None]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The json list of images, and image name → id, counted from 1."""
    ids = {name: number for number, name in enumerate(images, start=1)}
    listed = []
    for name, size in images.items():
        sides = {} if size is None else {"height": size[0], "width": size[1]}
        listed.append({"id": ids[name], "file_name": name, **sides})
    return listed, ids
