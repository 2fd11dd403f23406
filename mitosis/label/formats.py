"""The label formats by name: detects the format of a file, and reads a file or a folder."""

import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

from mitosis.errors import InputError
from mitosis.label import boxes, coco, geojson, midog, pixels, points, sliderunner
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.image_json import is_number, load

TABLES: dict[str, ModuleType] = {"points": points, "boxes": boxes, "coco": coco, "midog": midog}
"""Formats with one file for all images, which names them."""
PER_IMAGE: dict[str, ModuleType] = {"pixels": pixels, "geojson": geojson}
"""Formats with one file per image."""
READ_ONLY: dict[str, ModuleType] = {"sliderunner": sliderunner}
SUFFIXES = {
    **{format: (".csv",) for format in ("points", "boxes", "pixels")},
    **{format: (".json",) for format in ("coco", "midog")},
    "geojson": (".geojson", ".json"),
    "sliderunner": (".sqlite", ".db"),
}


def files_of(path: Path, format: str) -> list[Path]:
    """``path`` itself, or all files in it with the format's suffixes, sorted, without hidden files.

    Raises ``InputError`` if a folder has none.
    """
    if not path.is_dir():
        return [path]
    suffixes = SUFFIXES[format]
    files = [file for file in sorted(path.rglob("*")) if file.suffix.lower() in suffixes and file.name[0] != "."]
    if not files:
        raise InputError(f"{path}: no {format} in it ({', '.join(suffixes)})")
    return files


def read_all(path: Path, format: str) -> Labels:
    """Read all labels of a file or folder; ``InputError`` as the format's reader, and for an image in two files."""
    cells: list[Annotation] = []
    sizes: dict[str, tuple[int, int] | None] = {}
    for file in files_of(path, format):
        if format in PER_IMAGE:
            below = file.relative_to(path) if path.is_dir() else Path(file.name)
            labels = PER_IMAGE[format].read(file, below.with_suffix("").as_posix())
        else:
            labels = (TABLES | READ_ONLY)[format].read(file)
        if twice := next((image for image in labels.sizes if image in sizes), None):
            raise InputError(f"{file}: {twice} has labels in another file of the folder already")
        cells.extend(labels.annotations)
        sizes |= labels.sizes
    return Labels(tuple(cells), sizes)


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
    if zipfile.is_zipfile(path):
        raise InputError(f"{path}: an archive; unpack it and name the label file in it")
    names = ", ".join([*TABLES, *PER_IMAGE])
    raise InputError(f"{path}: not a label file of a known kind; say which by one of the formats {names}")


def _sniff_csv(path: Path) -> str:
    try:
        first = path.read_text(encoding="utf-8-sig").lstrip().partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as a csv ({error})") from error
    header = {name.strip().lower() for name in first.split(",")}
    if len(header) == 1 and ";" in first:
        raise InputError(f"{path}: its values are separated by semicolons; save it with commas")
    for format, module in (("points", points), ("boxes", boxes)):
        if set(module.COLUMNS) <= header:
            return format
    if not first:
        return "points"
    if not any(letter.isalpha() for letter in first):
        return "pixels"
    columns = " nor ".join(",".join(module.COLUMNS) for module in (points, boxes))
    raise InputError(f"{path}: its first line, {first.strip()[:60]!r}, names neither {columns}")


def _sniff_json(path: Path) -> str:
    document = load(path)
    if isinstance(document, list) or (
        isinstance(document, dict) and ("features" in document or "geometry" in document)
    ):
        return "geojson"
    if not isinstance(document, dict) or not isinstance(document.get("images"), list):
        raise InputError(f"{path}: neither GeoJSON nor COCO or MIDOG json: it has no features and no images")
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


def _fits(box: list[float], image: dict[str, Any]) -> bool:
    """Whether a box given as x, y, width, height ends inside the image, with a tolerance of 5 %."""
    x, y, width, height = box
    inside = all(
        not is_number(side) or place + length <= 1.05 * side
        for place, length, side in ((x, width, image.get("width")), (y, height, image.get("height")))
    )
    return inside and width >= 0 and height >= 0
