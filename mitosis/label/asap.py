"""ASAP's XML: one file per slide, ``a.xml`` for ``a.tif``; the class of an annotation is the group that it is part of.

Coordinates count from the corner of the first pixel.
"""

import os
from pathlib import Path
from xml.etree.ElementTree import Element

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.corner import Pair, corners_of, place_of, ring, sides_of, spanned, spot
from mitosis.label.kind import ClassNames
from mitosis.label.markup import check_within, element, load, number, write_xml
from mitosis.label.per_image import bare, file_of
from mitosis.label.table import plain

GROUPS = {True: ("mitosis", "#00c800"), False: ("non-mitosis", "#c80000")}
"""The groups that are written, and their colours."""


def read(path: str | os.PathLike[str], image: str | None = None, *, names: ClassNames | None = None) -> Labels:
    """Read the cells of one slide; ``image`` is its name, by default the file's name without .xml.

    Dots and the points of a set are cells without a shape, rectangles are boxes, polygons and splines outlines.
    Raises ``InputError`` naming file and annotation if it is not such a file, or an annotation is of another type or
    in no group of a known class.
    """
    image, names = Path(path).stem if image is None else image, names or ClassNames()
    root = load(path, ("ASAP_Annotations",))
    check_within(root, ("Annotations", "AnnotationGroups"), path)
    cells: list[Annotation] = []
    for count, one in enumerate(root.iter("Annotation"), start=1):
        where = f"{path}, annotation {count} ({one.get('Name', '')})"
        group = one.get("PartOfGroup")
        mitotic = names.mitotic(None if group == "None" else group, where)
        if mitotic is not None:
            cells += _cells(image, mitotic, one, where)
    return Labels(tuple(cells), {image: None})


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write a new folder ``path`` with ``<image>.xml`` for each image; a cell without a shape becomes a dot."""
    with files.new_folder(path) as folder:
        for image in labels.sizes:
            cells = (_annotation(number_of, cell) for number_of, cell in enumerate(labels.of(image)))
            groups = (
                element("Group", {"Name": name, "PartOfGroup": "None", "Color": colour}, element("Attributes", {}))
                for name, colour in GROUPS.values()
            )
            root = element(
                "ASAP_Annotations", {}, element("Annotations", {}, *cells), element("AnnotationGroups", {}, *groups)
            )
            write_xml(root, file_of(folder, bare(image), ".xml"))


def _cells(image: str, mitotic: bool, one: Element, where: str) -> list[Annotation]:
    found = sorted(one.iter("Coordinate"), key=lambda place: number(place, "Order", where))
    places: list[Pair] = [(number(place, "X", where), number(place, "Y", where)) for place in found]
    kind = one.get("Type", "")
    if not places:
        raise InputError(f"{where}: it has no coordinates")
    if kind in ("Dot", "PointSet"):
        return [spot(image, mitotic, place) for place in places]
    if kind == "Rectangle":
        return [spanned(image, mitotic, places, where)]
    if kind in ("Polygon", "Spline"):
        return [ring(image, mitotic, places, where)]
    raise InputError(f"{where}: a {kind} is no cell; draw dots, rectangles or polygons")


def _annotation(number_of: int, cell: Annotation) -> Element:
    if cell.outline is not None:
        kind, places = "Polygon", corners_of(cell.outline)
    elif cell.box is not None:
        x1, y1, x2, y2 = sides_of(cell.box)
        kind, places = "Rectangle", [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    else:
        kind, places = "Dot", [place_of(cell)]
    group, colour = GROUPS[cell.mitotic]
    coordinates = element(
        "Coordinates",
        {},
        *(element("Coordinate", {"Order": n, "X": plain(x), "Y": plain(y)}) for n, (x, y) in enumerate(places)),
    )
    given = {"Name": f"Annotation {number_of}", "Type": kind, "PartOfGroup": group, "Color": colour}
    return element("Annotation", given, coordinates)
