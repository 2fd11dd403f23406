"""The common parts of COCO's and MIDOG's json: images, categories and annotations."""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

from mitosis.errors import InputError
from mitosis.label.kind import ClassNames
from mitosis.label.name import composed
from mitosis.label.text import read_text

MITOTIC, NEGATIVE = 1, 2
"""Category ids, as in MIDOG."""
USUAL: dict[int | float | str, str] = {MITOTIC: "mitotic figure", NEGATIVE: "hard negative"}
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
    text = read_text(path, "json")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as json ({error})") from error


def is_number(value: object) -> TypeGuard[float]:
    """Whether ``value`` is a finite number; true and false are not numbers."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # more than 308 digits
        return False


def read_images(document: Any, path: str | os.PathLike[str]) -> dict[Any, tuple[str, tuple[int, int] | None]]:
    """Image id → name and (height, width), or None if the file does not give the size.

    Raises ``InputError`` if there is no list of images, an image has no id or file_name, a size is not one of pixels,
    two images share an id, or an image has two sizes.
    """
    images: dict[Any, tuple[str, tuple[int, int] | None]] = {}
    sizes: dict[str, tuple[int, int] | None] = {}
    for number, image in enumerate(_table(document, "images", path), start=1):
        where = f"{path}, image {number}"
        key, name = image.get("id"), image.get("file_name")
        if not isinstance(key, int | float | str) or not isinstance(name, str) or not name:
            raise InputError(f"{where}: it has no id or no file_name")
        if key in images:
            raise InputError(f"{where}: its id, {key}, is that of {images[key][0]} already")
        name, size = composed(name), _size(image, where)
        if (before := sizes.setdefault(name, size)) != size:
            raise InputError(f"{where}: {name} has the size {_told(size)}, and {_told(before)} before; give it one")
        images[key] = name, size
    return images


def _size(image: dict[str, Any], where: str) -> tuple[int, int] | None:
    """(height, width); None if both are missing or 0, as some programs write it."""
    sides = image.get("height"), image.get("width")
    if all(side in (None, 0) for side in sides):
        return None
    if not all(is_number(side) and side > 0 and float(side).is_integer() for side in sides):
        raise InputError(f"{where}: its width and height are {sides[1]!r} and {sides[0]!r}; give pixels, or neither")
    height, width = sides
    return int(cast(float, height)), int(cast(float, width))


def _told(size: tuple[int, int] | None) -> str:
    return "none" if size is None else f"{size[1]} x {size[0]}"


def read_entries(document: Any, path: str | os.PathLike[str], classes: ClassNames | None = None) -> Iterator[Entry]:
    """Yield the annotations that ``classes`` do not pass over.

    Their class follows from the category's name, or from ids 1 and 2 without names. A crowd, which is a region and no
    cell, is passed over.
    Raises ``InputError`` naming the annotation if its image is not listed or its class is unknown.
    """
    images, classes = read_images(document, path), classes or ClassNames()
    categories = _table(document, "categories", path, optional=True)
    names: dict[Any, Any] = {}
    for one in categories:
        key, name = one.get("id"), one.get("name")
        if isinstance(key, int | float | str) and names.setdefault(key, name) != name:
            raise InputError(f"{path}: category {key} is {names[key]!r} and {name!r}; give it one name")
    names = names or dict(USUAL)
    for number, values in enumerate(_table(document, "annotations", path), start=1):
        where = f"{path}, annotation {number} (id {values.get('id')})"
        key, category = values.get("image_id"), values.get("category_id")
        if not isinstance(key, int | float | str) or key not in images:
            raise InputError(f"{where}: its image_id, {key}, is that of no image")
        if not isinstance(category, int | float | str):
            raise InputError(f"{where}: it has no category_id")
        name = names.get(category, category)
        if values.get("iscrowd") in (1, "1"):
            classes.pass_over(f"{name}, a crowd (iscrowd=1)")
        elif (mitotic := classes.mitotic(name, where)) is not None:
            yield Entry(where, images[key][0], mitotic, values)


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
