"""Aperio ImageScope's XML: one file per slide, ``a.xml`` for ``a.svs``.

A layer (``Annotation``) holds regions with vertices, which count from the corner of the first pixel. The class is the
region's text, or else the name or description of its layer.
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

POLYGON, RECTANGLE, ELLIPSE, ARROW, RULER, COUNTER = "0", "1", "2", "3", "4", "5"
"""Values of a region's ``Type``."""
LAYERS = {True: ("mitosis", 65280), False: ("non-mitosis", 255)}
"""The names of the layers that are written, and their colours: green and red, as blue · 65536 + green · 256 + red."""


def read(path: str | os.PathLike[str], image: str | None = None, *, names: ClassNames | None = None) -> Labels:
    """Read the cells of one slide; ``image`` is its name, by default the file's name without .xml.

    A region of one vertex is a cell without a shape; rectangles and ellipses are boxes. Negative regions, which are cut
    out of others, are passed over and counted.
    Raises ``InputError`` naming file and region if it is not such a file, or a region is a line or has no known class.
    """
    image, names = Path(path).stem if image is None else image, names or ClassNames()
    root = load(path, ("Annotations",))
    check_within(root, ("Annotation",), path)
    cells = []
    for layer in root.iter("Annotation"):
        for region in layer.iter("Region"):
            where = f"{path}, layer {layer.get('Id', '?')}, region {region.get('Id', '?')}"
            if region.get("NegativeROA") == "1":
                names.pass_over("a negative region")
            elif (mitotic := names.mitotic(_class(layer, region), where)) is not None:
                cells.append(_cell(image, mitotic, region, where))
    given = root.get("MicronsPerPixel")
    mpp = number(root, "MicronsPerPixel", str(path)) if given else 0.0
    return Labels(tuple(cells), {image: None}, mpp={image: mpp} if mpp > 0 else {})


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write a new folder ``path`` with ``<image>.xml`` for each image; a cell without a shape becomes a counter."""
    with files.new_folder(path) as folder:
        for image in labels.sizes:
            layers = []
            for number_of, (mitotic, (name, colour)) in enumerate(LAYERS.items(), start=1):
                own = [cell for cell in labels.of(image) if cell.mitotic == mitotic]
                regions = element("Regions", {}, *(_region(n, cell) for n, cell in enumerate(own, start=1)))
                layers.append(element("Annotation", {"Id": number_of, "Name": name, "LineColor": colour}, regions))
            write_xml(element("Annotations", {}, *layers), file_of(folder, bare(image), ".xml"))


def _class(layer: Element, region: Element) -> str | None:
    described = [one.get("Value") for one in layer.findall("Attributes/Attribute") if one.get("Name") == "Description"]
    return next(filter(None, (region.get("Text"), layer.get("Name"), *described)), None)


def _cell(image: str, mitotic: bool, region: Element, where: str) -> Annotation:
    vertices = region.iter("Vertex")
    places: list[Pair] = [(number(one, "X", where), number(one, "Y", where)) for one in vertices]
    kind = region.get("Type", POLYGON)
    if kind in (ARROW, RULER):
        raise InputError(f"{where}: an arrow or a ruler is no cell; draw it as a region or a counter")
    if not places:
        raise InputError(f"{where}: it has no vertex")
    if len(places) == 1:
        return spot(image, mitotic, places[0])
    if kind in (RECTANGLE, ELLIPSE):
        return spanned(image, mitotic, places, where)
    return ring(image, mitotic, places, where)


def _region(number_of: int, cell: Annotation) -> Element:
    if cell.outline is not None:
        kind, places = POLYGON, corners_of(cell.outline)
    elif cell.box is not None:
        x1, y1, x2, y2 = sides_of(cell.box)
        kind, places = RECTANGLE, [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    else:
        kind, places = COUNTER, [place_of(cell)]
    vertices = (element("Vertex", {"X": plain(x), "Y": plain(y), "Z": 0}) for x, y in places)
    return element("Region", {"Id": number_of, "Type": kind, "NegativeROA": 0}, element("Vertices", {}, *vertices))
