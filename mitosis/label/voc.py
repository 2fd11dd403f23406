"""Pascal VOC's XML: one file per image, ``a.xml`` for ``a.png``, with a box for each object.

Boxes are of whole pixels, the first of which is 1 and the last of which belongs to the box.
"""

import os
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.boxes import box_of, boxed
from mitosis.label.kind import ClassNames
from mitosis.label.markup import element, load, parsed, write_xml
from mitosis.label.per_image import bare, file_of, named
from mitosis.label.table import plain

SIDES = ("xmin", "ymin", "xmax", "ymax")
FIRST = 1
"""Number of the first pixel."""


def read(path: str | os.PathLike[str], image: str | None = None, *, names: ClassNames | None = None) -> Labels:
    """Read the cells of one image, each centred in its box; ``image`` is its name, by default the file's without .xml.

    Raises ``InputError`` naming file and object if it is not such a file, or an object has no box or no known class.
    """
    image, names = Path(path).stem if image is None else image, names or ClassNames()
    root = load(path, ("annotation",))
    if all(root.find(name) is None for name in ("object", "filename", "size")):
        raise InputError(f"{path}: it has no object, filename or size; it is none of Pascal VOC's")
    image, inner = named(image, root.findtext("filename"))
    cells = []
    for count, one in enumerate(root.findall("object"), start=1):
        where = f"{path}, object {count}"
        if one.findtext("deleted") == "1":  # as LabelMe's web version keeps it
            names.pass_over("a deleted object")
            continue
        mitotic = names.mitotic(one.findtext("name"), where)
        if mitotic is not None:
            cells.append(_cell(image, mitotic, one, where))
    return Labels(tuple(cells), {image: _size(root, path)}, inner=inner)


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write a new folder ``path`` with ``<image>.xml`` for each image; every cell needs a box."""
    with files.new_folder(path) as folder:
        for image, size in labels.sizes.items():
            parts = [element("filename", {}, text=PurePosixPath(image).name)]
            if size is not None:
                sides = zip(("width", "height", "depth"), (size[1], size[0], 3), strict=True)
                parts.append(element("size", {}, *(element(name, {}, text=str(side)) for name, side in sides)))
            objects = map(_object, labels.of(image))
            write_xml(element("annotation", {}, *parts, *objects), file_of(folder, bare(image), ".xml"))


def _cell(image: str, mitotic: bool, one: Element, where: str) -> Annotation:
    box = one.find("bndbox")
    if box is None:
        raise InputError(f"{where}: it has no bndbox; export it with boxes")
    x1, y1, x2, y2 = (parsed(box.findtext(side), side, where) - FIRST for side in SIDES)
    return boxed(image, mitotic, (x1 - 0.5, y1 - 0.5, x2 + 0.5, y2 + 0.5), where)


def _size(root: Element, path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """(height, width); None if it is missing or 0, as some programs write it."""
    texts = [root.findtext(f"size/{side}") or "0" for side in ("height", "width")]
    height, width = (parsed(text, side, f"{path}, size") for text, side in zip(texts, ("height", "width"), strict=True))
    return (int(height), int(width)) if height > 0 and width > 0 else None


def _object(cell: Annotation) -> Element:
    x1, y1, x2, y2 = box_of(cell)
    sides = (x1 + 0.5 + FIRST, y1 + 0.5 + FIRST, x2 - 0.5 + FIRST, y2 - 0.5 + FIRST)
    texts = (element(name, {}, text=str(plain(side))) for name, side in zip(SIDES, sides, strict=True))
    name = element("name", {}, text="mitosis" if cell.mitotic else "non-mitosis")
    return element("object", {}, name, element("bndbox", {}, *texts))
