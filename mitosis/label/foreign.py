"""Label files of programs whose formats are not read, told by their content, so that the user learns what to do."""

import re
from pathlib import Path
from typing import Any

from mitosis.errors import InputError

READ = (
    "csv of points or boxes, pixel lists, masks, COCO and MIDOG json, GeoJSON, and the files of CVAT, LabelMe, VIA,"
    " Aperio ImageScope, ASAP, Pascal VOC and YOLO"
)
"""What is read, in words."""
SUFFIXES = (".ndpa", ".roi", ".xlsx", ".xls", ".ods")
"""Suffixes of such files that no format of this package has."""
_BY_SUFFIX = {
    ".ndpa": "NDP.view's annotations",
    ".roi": "ImageJ's ROI",
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet"),
}
_BEGINNING = 20_000
"""Characters of a file that are looked at."""


def refuse_foreign(path: Path, document: Any = None) -> None:
    """``InputError`` that names the program if a file is of one whose format is not read.

    ``document``: the file's content if it is json.
    """
    whose = _json(document) if document is not None else _file(path)
    if whose == "a spreadsheet":
        raise InputError(f"{path}: {whose}, which is not read; save it as csv")
    if whose is not None:
        raise InputError(f"{path}: {whose}, which is not read; export it as one of {READ}")


def _json(document: Any) -> str | None:
    parts = {"project", "config", "attribute", "file", "metadata"}
    return "VIA 3's json" if isinstance(document, dict) and parts <= document.keys() else None


def _file(path: Path) -> str | None:
    if whose := _BY_SUFFIX.get(path.suffix.lower()):
        return whose
    try:
        text = path.read_bytes()[:_BEGINNING].decode("utf-8", "replace")
    except OSError:
        return None
    return "NDP.view's annotations" if re.search(r"<ndpviewstate\b", text) else None
