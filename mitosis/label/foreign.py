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
SUFFIXES = (".ndpa", ".roi", ".annotations", ".tsv", ".xlsx", ".xls", ".ods")
"""Suffixes of such files that no format of this package has."""
TABS = "a table with tabs"
_BY_SUFFIX = {
    ".ndpa": "NDP.view's annotations",
    ".roi": "ImageJ's ROI",
    ".annotations": "HALO's annotations",
    ".tsv": TABS,
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet"),
}
_BY_KEYS = {
    "VIA 3's json": {"project", "config", "attribute", "file", "metadata"},
    "Label Studio's json": {"annotations", "data"},
    "Supervisely's json": {"objects", "size"},
    "Labelbox' json": {"data_row", "projects"},
}
"""Keys of a json, or of the first of its items."""
_BEGINNING = 20_000
"""Characters of a file that are looked at."""


def refuse_foreign(path: Path, document: Any = None) -> None:
    """``InputError`` that names the program if a file is of one whose format is not read.

    ``document``: the file's content if it is json.
    """
    whose = _json(document) if document is not None else _file(path)
    if whose in ("a spreadsheet", TABS):
        raise InputError(f"{path}: {whose}, which is not read; save it as csv")
    if whose is not None:
        raise InputError(f"{path}: {whose}, which is not read; export it as one of {READ}")


def _json(document: Any) -> str | None:
    first = document[0] if isinstance(document, list) and document else document
    keys = first.keys() if isinstance(first, dict) else set[str]()
    return next((whose for whose, parts in _BY_KEYS.items() if parts <= keys), None)


def _file(path: Path) -> str | None:
    if whose := _BY_SUFFIX.get(path.suffix.lower()):
        return whose
    try:
        text = path.read_bytes()[:_BEGINNING].decode("utf-8", "replace")
    except OSError:
        return None
    if path.suffix.lower() == ".txt" and re.match(r"[^\n]*[^\W\d][^\n]*\t", text):  # a header, as of QuPath's tables
        return TABS
    return "NDP.view's annotations" if re.search(r"<ndpviewstate\b", text) else None
