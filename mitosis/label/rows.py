"""Rows of numbers in a csv without a header, as the challenges give their points."""

from pathlib import Path

from mitosis.errors import InputError
from mitosis.label.number import finite


def read_rows(path: Path, columns: str) -> list[tuple[float, float]]:
    """The first two numbers of each row; ``columns`` names them for the error messages ("x,y" or "row,column").

    Further numbers (a confidence) are checked and left. Commas and blanks at a row's end, blanks round a number, empty
    lines, a byte order mark and a missing last newline are ignored; an empty file has no row.
    Raises ``InputError`` naming file and row: not readable, fewer than two values, a value that is not a finite number.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as a csv ({error})") from error
    rows = ((number, line.strip(", \t")) for number, line in enumerate(lines, start=1))
    return [_pair(line, columns, f"{path}, row {number}") for number, line in rows if line]


def _pair(line: str, columns: str, where: str) -> tuple[float, float]:
    texts = line.split(",")
    if len(texts) < 2:
        raise InputError(f"{where}: {line!r} is a single value; a row is {columns}")
    values = [_number(text, f"{where}: value {index}") for index, text in enumerate(texts, start=1)]
    return values[0], values[1]


def _number(text: str, where: str) -> float:
    value = finite(text)
    if value is None:
        raise InputError(f"{where}, {text.strip()!r}, is not a number")
    return value
