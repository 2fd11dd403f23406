"""YOLO's text: one file per image, ``a.txt`` for ``a.png``, one row per cell: the class's number and its place.

A place is the centre, width and height of a box, or the corners of a polygon, as shares of the image's width and
height. The names of the classes are in ``data.yaml`` or ``classes.txt``, beside the labels or in a folder above.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from mitosis import files
from mitosis.errors import InputError
from mitosis.image.file import image_size
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.boxes import box_of
from mitosis.label.corner import Pair, corners_of, rectangle, ring, sides_of
from mitosis.label.kind import ClassNames
from mitosis.label.name import composed
from mitosis.label.number import finite
from mitosis.label.per_image import IMAGES, bare, file_of
from mitosis.label.shape import inside
from mitosis.label.text import read_text

YAMLS = ("data.yaml", "data.yml", "dataset.yaml")
LISTS = ("classes.txt", "_classes.txt", "obj.names", "labels.txt")
"""Files with the names of the classes, as a yaml's ``names`` or one in each line."""
NO_LABELS = (*LISTS, "train.txt", "val.txt", "test.txt", "readme.txt", "readme.roboflow.txt", "readme.dataset.txt")
"""Texts beside labels that hold none, in lower case."""
ABOVE = 3
"""Number of folders above the labels in which the names are looked for."""
WRITTEN = ("mitosis", "non-mitosis")


def read(
    path: str | os.PathLike[str],
    image: str | None = None,
    *,
    names: ClassNames | None = None,
    size: tuple[int, int] | None = None,
) -> Labels:
    """Read the cells of one image; ``image`` is its name, by default the file's name without .txt.

    ``size``: (height, width) of the image in pixels; None looks for it beside the file, in the folder above and in
    ``images`` instead of ``labels``. A sixth number, a confidence, is passed over.
    Raises ``InputError`` naming file and row if the image is not found, a row is of another form, a value is no share,
    or a class is not known.
    """
    path, names = Path(path), names or ClassNames()
    image = path.stem if image is None else image
    rows = [(number, line.split()) for number, line in enumerate(read_text(path, "text").splitlines(), start=1)]
    rows = [(number, values) for number, values in rows if values]
    height, width = _size_of(path) if size is None and rows else size or (0, 0)
    classes = class_names(path.parent) if rows else []
    cells = []
    for number, (kind, *texts) in rows:
        where = f"{path}, row {number}"
        shares = [_share(text, where) for text in texts]
        mitotic = names.mitotic(*_class(kind, classes, where))
        if mitotic is not None:
            cells.append(_cell(image, mitotic, shares, (height, width), where))
    return Labels(tuple(cells), {image: (height, width) if height else None})


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write a new folder ``path`` with ``<image>.txt`` for each image and ``classes.txt``.

    Cells with an outline become polygons, all others need a box; what lies outside the image is cut off. Raises
    ``InputError`` for an image whose size is not known, a cell outside its image, and as ``files.new_folder``.
    """
    with files.new_folder(path) as folder:
        files.write_text(folder / LISTS[0], "".join(f"{name}\n" for name in WRITTEN))
        for image, size in labels.sizes.items():
            cells = labels.of(image)
            if size is None and cells:
                raise InputError(f"{image}: its labels do not give its size, of which YOLO's numbers are shares")
            rows = (f"{int(not cell.mitotic)} {_told(cell, size)}\n" for cell in cells if size)
            files.write_text(file_of(folder, bare(image), ".txt"), "".join(rows))


def is_label(path: Path) -> bool:
    """Whether a text is a label file by its name: not a list of classes or images, nor a note to the reader."""
    return path.name.lower() not in NO_LABELS


def looks_like(text: str) -> bool:
    """Whether text has YOLO's rows: a whole number and four or more others."""
    lines = [line.split() for line in text.splitlines()[:50] if line.strip()]
    return bool(lines) and all(
        len(line) >= 5 and line[0].isdecimal() and all(finite(value) is not None for value in line) for line in lines
    )


def class_names(folder: Path) -> list[str]:
    """The names of the classes by their number, as found in ``folder`` or a folder above; empty if there is no list."""
    for above in [folder, *folder.resolve().parents][: ABOVE + 1]:
        for name in YAMLS:
            if (above / name).is_file():
                return _of_yaml(above / name)
        for name in LISTS:
            if (above / name).is_file():
                return [line.strip() for line in read_text(above / name, "text").splitlines() if line.strip()]
    return []


def _of_yaml(path: Path) -> list[str]:
    try:
        document: Any = yaml.safe_load(read_text(path, "yaml"))
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path}: not readable as yaml ({' '.join(str(error).split())})") from error
    names = document.get("names") if isinstance(document, dict) else None
    if isinstance(names, dict) and sorted(names) == list(range(len(names))):
        return [str(names[number]) for number in range(len(names))]
    if isinstance(names, list):
        return list(map(str, names))
    raise InputError(f"{path}: it gives no list of names, such as names: [mitosis, non-mitosis]")


def _class(kind: str, classes: list[str], where: str) -> tuple[str, str]:
    if not kind.isdecimal():
        raise InputError(f"{where}: {kind[:40]!r} is no number of a class")
    if not classes:
        return f"class {kind}", f"{where} (no {YAMLS[0]} or {LISTS[0]} names its class)"
    if int(kind) >= len(classes):
        raise InputError(f"{where}: class {kind}, and {len(classes)} are named, from 0 on")
    return classes[int(kind)], where


def _cell(image: str, mitotic: bool, shares: list[float], size: tuple[int, int], where: str) -> Annotation:
    height, width = size
    places: list[Pair] = [(x * width, y * height) for x, y in zip(shares[::2], shares[1::2], strict=False)]
    if len(shares) in (4, 5):
        (x, y), (across, down) = places[:2]
        return rectangle(image, mitotic, (x - across / 2, y - down / 2, x + across / 2, y + down / 2), where)
    if len(shares) >= 6 and len(shares) % 2 == 0:
        return ring(image, mitotic, places, where)
    raise InputError(f"{where}: {1 + len(shares)} values; a row is a class and x, y, width, height, or a polygon")


def _share(text: str, where: str) -> float:
    value = finite(text)
    if value is None:
        raise InputError(f"{where}: {text[:40]!r} is not a number")
    if not 0 <= value <= 1:
        raise InputError(f"{where}: {text} is no share of the image, from 0 to 1; these are pixels or another format")
    return value


def _size_of(path: Path) -> tuple[int, int]:
    for place in _places(path):
        for file in sorted(place.parent.iterdir()) if place.parent.is_dir() else ():
            if composed(file.stem) == composed(place.stem) and file.suffix.lower() in IMAGES:
                return image_size(file)
    raise InputError(
        f"{path}: its numbers are shares of an image that is not found beside it, in the folder above or in images/;"
        " put it there"
    )


def _places(path: Path) -> list[Path]:
    """Where the image of a label file may be, without its suffix."""
    parts = path.resolve().parts
    instead = [
        Path(*parts[:index], "images", *parts[index + 1 :])
        for index in range(len(parts) - 2, 0, -1)
        if parts[index].lower() == "labels"
    ]
    return [path, path.resolve().parent.parent / path.name, *instead]


def _told(cell: Annotation, size: tuple[int, int]) -> str:
    height, width = size
    if not inside(cell, size):
        raise InputError(f"{cell.image}: the cell at ({cell.x:g}, {cell.y:g}) lies outside its image; remove it")
    if cell.outline is not None:
        places = [(_cut(x / width), _cut(y / height)) for x, y in corners_of(cell.outline)]
    else:
        x1, y1, x2, y2 = sides_of(box_of(cell))
        x1, x2, y1, y2 = _cut(x1 / width), _cut(x2 / width), _cut(y1 / height), _cut(y2 / height)
        places = [((x1 + x2) / 2, (y1 + y2) / 2), (x2 - x1, y2 - y1)]
    return " ".join(f"{value:.10g}" for place in places for value in place)


def _cut(share: float) -> float:
    return min(max(share, 0.0), 1.0)
