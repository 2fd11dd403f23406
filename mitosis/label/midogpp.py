"""MIDOG++'s table of images, with their part of the split and their scanner."""

import csv
from dataclasses import dataclass
from pathlib import Path

from mitosis.errors import InputError
from mitosis.label.text import read_text


@dataclass(frozen=True)
class Slide:
    """A row of MIDOG++'s split csv. ``test``: whether the image is in the published test part."""

    test: bool
    scanner: str


def read_split(path: Path) -> dict[int, Slide]:
    """Image id → its row of ``datasets_xvalidation.csv`` (columns Slide, Dataset, Scanner, …; semicolons).

    Raises ``InputError`` naming file and row if the columns differ, an id is not a number, or a Dataset is neither
    train nor test.
    """
    try:
        rows = list(csv.DictReader(read_text(path, "a csv").splitlines(), delimiter=";"))
    except csv.Error as error:
        raise InputError(f"{path}: not readable as a csv ({error})") from error
    slides = {}
    for number, row in enumerate(rows, start=2):
        try:
            part = row["Dataset"].strip().lower()
            slides[int(row["Slide"])] = Slide(part == "test", row["Scanner"].strip())
        except (KeyError, AttributeError, ValueError) as error:
            columns = "Slide;Dataset;Scanner"
            raise InputError(f"{path}, row {number}: not of the columns {columns} ({error!r})") from error
        if part not in ("train", "test"):
            raise InputError(f"{path}, row {number}: Dataset {part!r} is neither train nor test")
    return slides
