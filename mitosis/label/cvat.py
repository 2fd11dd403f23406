"""CVAT's XML "CVAT for images 1.1": one file for all images. Coordinates count from the corner of the first pixel."""

import math
import os
from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

import numpy as np

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels, filled
from mitosis.label.corner import Pair, corners_of, place_of, rectangle, ring, sides_of, spot
from mitosis.label.kind import ClassNames
from mitosis.label.markup import check_within, element, load, number, parsed, write_xml
from mitosis.label.name import composed
from mitosis.label.shape import check_extent
from mitosis.label.table import plain

VERSION = "1.1"
MOST = 2**28
"""Greatest number of pixels in the frame of a mask."""


def read(path: str | os.PathLike[str], *, names: ClassNames | None = None) -> Labels:
    """Read the cells of all images; one without a shape was annotated and has no cells.

    Each of several points is a cell, ellipses and boxes are boxes, a box that is turned is an outline. Labels of whole
    images (tags) are passed over and counted.
    Raises ``InputError`` naming file, image and shape if it is not such a file, is of a video, or a shape is no cell or
    has no known class.
    """
    names = names or ClassNames()
    root = load(path, ("annotations",))
    if root.find("track") is not None:
        raise InputError(f"{path}: CVAT's format for videos; export it as CVAT for images 1.1")
    check_within(root, ("version", "meta", "image"), path)
    cells: list[Annotation] = []
    sizes: dict[str, tuple[int, int] | None] = {}
    for count, image in enumerate(root.findall("image"), start=1):
        name = composed(image.get("name", ""))
        if not name or name in sizes:
            raise InputError(f"{path}, image {count}: " + (f"{name} is in it twice" if name else "it has no name"))
        sizes[name] = _size(image, f"{path}, {name}")
        for number_of, shape in enumerate(image, start=1):
            where = f"{path}, {name}, shape {number_of}"
            if shape.tag == "tag":
                names.pass_over(f"{shape.get('label', '')}, a tag of an image")
            elif (mitotic := names.mitotic(shape.get("label"), where)) is not None:
                cells += _cells(name, mitotic, shape, where)
    return Labels(tuple(cells), sizes)


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write the cells of all images, replacing ``path``; a cell without a shape becomes a point."""
    images = []
    for count, (name, size) in enumerate(labels.sizes.items()):
        sides = {} if size is None else {"width": size[1], "height": size[0]}
        images.append(element("image", {"id": count, "name": name} | sides, *map(_shape, labels.of(name))))
    write_xml(element("annotations", {}, element("version", {}, text=VERSION), *images), path)


def _size(image: Element, where: str) -> tuple[int, int] | None:
    if image.get("width") is None and image.get("height") is None:
        return None
    return int(number(image, "height", where)), int(number(image, "width", where))


def _cells(image: str, mitotic: bool, shape: Element, where: str) -> list[Annotation]:
    read_shape = _READERS.get(shape.tag)
    if read_shape is None:
        raise InputError(f"{where}: a {shape.tag} is no cell; draw points, boxes, ellipses, polygons or masks")
    return read_shape(image, mitotic, shape, where)


def _points(image: str, mitotic: bool, shape: Element, where: str) -> list[Annotation]:
    return [spot(image, mitotic, place) for place in _pairs(shape, where)]


def _polygon(image: str, mitotic: bool, shape: Element, where: str) -> list[Annotation]:
    return [ring(image, mitotic, _pairs(shape, where), where)]


def _ellipse(image: str, mitotic: bool, shape: Element, where: str) -> list[Annotation]:
    x, y, rx, ry = (number(shape, key, where) for key in ("cx", "cy", "rx", "ry"))
    return [rectangle(image, mitotic, (x - rx, y - ry, x + rx, y + ry), where)]


def _box(image: str, mitotic: bool, shape: Element, where: str) -> list[Annotation]:
    x1, y1, x2, y2 = (number(shape, key, where) for key in ("xtl", "ytl", "xbr", "ybr"))
    turn = math.radians(parsed(shape.get("rotation", "0"), "rotation", where))
    if turn == 0:
        return [rectangle(image, mitotic, (x1, y1, x2, y2), where)]
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    corners = [(x1 - x, y1 - y), (x2 - x, y1 - y), (x2 - x, y2 - y), (x1 - x, y2 - y)]
    turned = [
        (x + u * math.cos(turn) - v * math.sin(turn), y + u * math.sin(turn) + v * math.cos(turn)) for u, v in corners
    ]
    return [ring(image, mitotic, turned, where)]


def _mask(image: str, mitotic: bool, shape: Element, where: str) -> list[Annotation]:
    left, top, width, height = (int(number(shape, key, where)) for key in ("left", "top", "width", "height"))
    counts = [int(parsed(text, "rle", where)) for text in shape.get("rle", "").split(",")]
    if width * height > MOST:
        raise InputError(f"{where}: a mask of {width} x {height} pixels is no cell")
    if min(counts) < 0 or min(width, height) < 1 or sum(counts) != width * height:
        raise InputError(f"{where}: its mask has {sum(counts)} pixels, and its box {width} x {height}")
    drawn = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(height, width)
    y, x = np.nonzero(drawn)
    if not len(x):
        raise InputError(f"{where}: its mask is empty")
    return [filled(image, mitotic, np.stack([x + left, y + top], axis=1).astype(np.int32))]


_READERS: Mapping[str, Callable[[str, bool, Element, str], list[Annotation]]] = {
    "points": _points,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "box": _box,
    "mask": _mask,
}


def _pairs(shape: Element, where: str) -> list[Pair]:
    pairs = [pair.split(",") for pair in shape.get("points", "").split(";")]
    if any(len(pair) != 2 for pair in pairs):
        raise InputError(f"{where}: its points are not pairs x,y;x,y")
    return [(parsed(x, "x", where), parsed(y, "y", where)) for x, y in pairs]


def _shape(cell: Annotation) -> Element:
    given = {"label": "mitosis" if cell.mitotic else "non-mitosis", "source": "manual", "occluded": 0}
    if cell.pixels is not None:
        check_extent(cell.pixels, cell.image)
        return element("mask", given | _encoded(cell.pixels))
    if cell.outline is not None:
        return element("polygon", given | {"points": _told(corners_of(cell.outline))})
    if cell.box is not None:
        sides = map(plain, sides_of(cell.box))
        return element("box", given | dict(zip(("xtl", "ytl", "xbr", "ybr"), sides, strict=True)))
    return element("points", given | {"points": _told([place_of(cell)])})


def _told(places: list[Pair]) -> str:
    return ";".join(f"{plain(x)},{plain(y)}" for x, y in places)


def _encoded(pixels: np.ndarray) -> dict[str, object]:
    """The lengths of the runs of a mask within its bounding box, row by row, beginning with pixels that are not set."""
    first, (width, height) = pixels.min(axis=0), np.ptp(pixels, axis=0) + 1
    drawn = np.zeros(height * width, dtype=bool)
    x, y = (pixels - first).T
    drawn[y * width + x] = True
    ends = np.flatnonzero(np.diff(drawn)) + 1
    runs: list[int] = np.diff(np.concatenate([[0], ends, [len(drawn)]])).tolist()
    rle = ", ".join(map(str, [0, *runs] if drawn[0] else runs))
    return {"rle": rle, "left": first[0], "top": first[1], "width": width, "height": height}
