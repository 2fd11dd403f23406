"""The label files of MITOS-ATYPIA-14: two csvs per x40 frame, one of mitoses and one of look-alikes."""

import re
from collections.abc import Iterable
from pathlib import Path

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.rows import read_rows

_FRAME = re.compile(r"[AH]\d\d_\d\d[A-D][A-D]", re.IGNORECASE)
_TABLE = re.compile(rf"({_FRAME.pattern})_(not_)?mitosis\.csv", re.IGNORECASE)


def frame_of(stem: str) -> str | None:
    """The frame named by a file's stem, in the dataset's spelling ("A03_00Aa"); None for any other stem."""
    return stem[:-1].upper() + stem[-1].lower() if _FRAME.fullmatch(stem) else None


def read_atypia(paths: Iterable[Path]) -> Labels:
    """Read the pairs ``A03_00Aa_mitosis.csv``, ``A03_00Aa_not_mitosis.csv`` among the files; others are skipped.

    A row is x,y,confidence. The file, not the confidence, decides the class (mitoses have 0.65 or more, the others 0.2
    or less). An image without such cells has an empty file. Images are named after their frames.
    Raises ``InputError`` if a file lacks its partner or exists twice, or a row does not consist of numbers.
    """
    tables: dict[tuple[str, bool], Path] = {}
    for path in sorted(paths):
        if not (match := _TABLE.fullmatch(path.name)):
            continue
        key = str(frame_of(match[1])), match[2] is None
        if key in tables:
            raise InputError(f"two label files of one frame: {tables[key]} and {path}; remove one of them")
        tables[key] = path
    for (frame, mitotic), path in tables.items():
        if (frame, not mitotic) not in tables:
            partner = f"{frame}_{'not_' if mitotic else ''}mitosis.csv"
            raise InputError(f"{path}: its partner {partner} is missing; a frame without such cells has an empty one")
    cells = [
        Annotation(frame, mitotic, x, y)
        for (frame, mitotic), path in sorted(tables.items())
        for x, y in read_rows(path, "x,y,confidence")
    ]
    return Labels(tuple(cells), {frame: None for frame, _ in sorted(tables)})
