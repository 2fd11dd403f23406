"""The label formats by name: detects the format of a file, and reads a file or a folder."""

import re
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

from mitosis.errors import InputError
from mitosis.image.telling import warn_of_images
from mitosis.image.walk import files_under
from mitosis.label import (
    aperio,
    asap,
    boxes,
    coco,
    cvat,
    geojson,
    labelme,
    midog,
    pixels,
    points,
    sliderunner,
    via,
    voc,
    yolo,
)
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.foreign import READ, refuse_foreign
from mitosis.label.image_json import is_number, load
from mitosis.label.kind import ClassNames
from mitosis.label.markup import load as load_xml
from mitosis.label.name import composed
from mitosis.label.places import check_places, distinct, warn_of_twice
from mitosis.label.table import check_commas
from mitosis.label.text import read_csv_text, read_text

TABLES: dict[str, ModuleType] = {
    "points": points,
    "boxes": boxes,
    "coco": coco,
    "midog": midog,
    "cvat": cvat,
    "via": via,
}
"""Formats with one file for all images, which names them."""
PER_IMAGE: dict[str, ModuleType] = {
    "pixels": pixels,
    "geojson": geojson,
    "labelme": labelme,
    "aperio": aperio,
    "asap": asap,
    "voc": voc,
    "yolo": yolo,
}
"""Formats with one file per image."""
READ_ONLY: dict[str, ModuleType] = {"sliderunner": sliderunner}
SUFFIXES = {
    **{format: (".csv",) for format in ("points", "boxes", "pixels")},
    **{format: (".json",) for format in ("coco", "midog", "labelme")},
    **{format: (".xml",) for format in ("cvat", "aperio", "asap", "voc")},
    "via": (".json", ".csv"),
    "geojson": (".geojson", ".json"),
    "yolo": (".txt",),
    "sliderunner": (".sqlite", ".db"),
}

ROOTS = {"Annotations": "aperio", "ASAP_Annotations": "asap", "annotation": "voc", "annotations": "cvat"}
"""Outermost element of an XML file → its format."""
OTHERWISE = "are named otherwise in their own label files, and the files' names count"
Size = tuple[int, int]


def files_of(path: Path, format: str) -> list[Path]:
    """``path`` itself, or all files in it with the format's suffixes, sorted.

    Raises ``InputError`` if a folder has none.
    """
    if not path.is_dir():
        return [path]
    suffixes = SUFFIXES[format]
    files = [file for file in sorted(files_under(path)) if file.suffix.lower() in suffixes and holds_labels(file)]
    if not files:
        raise InputError(f"{path}: no {format} in it ({', '.join(suffixes)})")
    return files


def holds_labels(file: Path) -> bool:
    """Whether a file with a format's suffix may hold labels; YOLO's list of classes does not."""
    return file.suffix.lower() != ".txt" or yolo.is_label(file)


def read_one(file: Path, format: str, image: str, names: ClassNames | None, size: Size | None = None) -> Labels:
    """Read a file of a format of ``PER_IMAGE``; ``size``: (height, width) of the image, if it is known.

    Raises ``InputError`` as the format's reader.
    """
    if format == "yolo":
        return yolo.read(file, image, names=names, size=size)
    return PER_IMAGE[format].read(file, image, names=names)


def read_all(path: Path, format: str, names: ClassNames | None = None) -> Labels:
    """Read all labels of a file or folder, whose classes mean what ``names`` says.

    Warnings count the images that their own label files call otherwise, and the cells that are listed twice.
    Raises ``InputError`` as the format's reader, for an image in two files, and for places that are no pixels.
    """
    cells: list[Annotation] = []
    sizes: dict[str, Size | None] = {}
    mpps: dict[str, float] = {}
    told: list[str] = []
    for file in files_of(path, format):
        if format in PER_IMAGE:
            below = file.relative_to(path) if path.is_dir() else Path(file.name)
            labels = read_one(file, format, composed(below.with_suffix("").as_posix()), names)
        else:
            labels = (TABLES | READ_ONLY)[format].read(file, names=names)
        if twice := next((image for image in labels.sizes if image in sizes), None):
            raise InputError(f"{file}: {twice} has labels in another file of the folder already")
        cells.extend(labels.annotations)
        sizes |= labels.sizes
        mpps |= labels.mpp
        told.append(called_otherwise(file, labels))
    warn_of_images(OTHERWISE, told)
    check_places(cells, path)
    warn_of_twice(len(cells) - len(distinct(cells)), path, "kept")
    return Labels(tuple(cells), sizes, mpps)


def called_otherwise(file: Path, labels: Labels) -> str:
    """A remark on a label file that names another image; empty if it names its own, or none."""
    return "".join(f"{file.name} names {other}" for other in labels.inner.values())


def sniff(path: Path) -> str:
    """Detect the format of a file from its suffix and content; an empty csv counts as points.

    Raises ``InputError`` for any other file, and for json whose boxes could be COCO's or MIDOG's.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _sniff_csv(path)
    if suffix in (".json", ".geojson"):
        return _sniff_json(path)
    if suffix in SUFFIXES["sliderunner"]:
        return "sliderunner"
    if suffix == ".xml":
        return _sniff_xml(path)
    if suffix == ".txt" and yolo.looks_like(read_text(path, "text")):
        return "yolo"
    if zipfile.is_zipfile(path):
        raise InputError(f"{path}: an archive; unpack it and name the label file in it")
    refuse_foreign(path)
    raise InputError(f"{path}: not a label file of a known kind; what is read are {READ}")


def _sniff_csv(path: Path) -> str:
    first = re.split(r"[\r\n]", read_csv_text(path).lstrip(), maxsplit=1)[0]
    header = {name.strip(' "').lower() for name in first.split(",")}
    check_commas(path, [first] if len(header) == 1 else list(header))
    for format, module in (("points", points), ("boxes", boxes)):
        if set(module.COLUMNS) <= header:
            return format
    if not first:
        return "points"
    if not any(letter.isalpha() for letter in first):
        return "pixels"
    if "region_shape_attributes" in header:
        return "via"
    columns = " nor ".join(",".join(module.COLUMNS) for module in (points, boxes))
    raise InputError(f"{path}: its first line, {first.strip()[:60]!r}, names neither {columns}")


def _sniff_json(path: Path) -> str:
    document = load(path)
    refuse_foreign(path, document)
    if isinstance(document, list) or (
        isinstance(document, dict) and ("features" in document or "geometry" in document)
    ):
        return "geojson"
    if isinstance(document, dict) and isinstance(document.get("shapes"), list):
        return "labelme"
    if via.entries(document):
        return "via"
    if not isinstance(document, dict) or not isinstance(document.get("images"), list):
        raise InputError(
            f"{path}: json of no known kind: it has no features (GeoJSON), images (COCO, MIDOG), shapes (LabelMe) nor"
            " regions (VIA)"
        )
    sizes = {str(image.get("id")): image for image in document["images"] if isinstance(image, dict)}
    entries = [one for one in document.get("annotations") or [] if isinstance(one, dict)]
    boxed = [one for one in entries if isinstance(one.get("bbox"), list) and len(one["bbox"]) == 4]
    boxed = [one for one in boxed if all(map(is_number, one["bbox"]))]
    if not boxed or any("segmentation" in one for one in boxed):
        return "coco"
    corners = all(x2 >= x1 and y2 >= y1 for x1, y1, x2, y2 in (one["bbox"] for one in boxed))
    lengths = all(_fits(one["bbox"], sizes.get(str(one.get("image_id")), {})) for one in boxed)
    if corners == lengths:
        raise InputError(
            f"{path}: its boxes may be corners or left, top, width, height; type which: from=midog or from=coco"
            " (data.format=… for a folder)"
        )
    return "midog" if corners else "coco"


def _sniff_xml(path: Path) -> str:
    root = load_xml(path)
    refuse_foreign(path)
    if root.tag in ROOTS:
        return ROOTS[root.tag]
    raise InputError(f"{path}: XML of a program that is not known; what is read are {READ}")


def _fits(box: list[float], image: dict[str, Any]) -> bool:
    """Whether a box given as x, y, width, height ends inside the image, with a tolerance of 5 %."""
    x, y, width, height = box
    inside = all(
        not is_number(side) or place + length <= 1.05 * side
        for place, length, side in ((x, width, image.get("width")), (y, height, image.get("height")))
    )
    return inside and width >= 0 and height >= 0
