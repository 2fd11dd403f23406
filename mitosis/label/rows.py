"""Rows of numbers in a csv without a header, as the challenges publish their points."""

from pathlib import Path

from mitosis.errors import InputError
from mitosis.label.number import finite
from mitosis.label.text import read_text


def read_rows(path: Path, columns: str) -> list[tuple[float, float]]:
    """Read the first two numbers of each row; ``columns`` names them in error messages ("x,y" or "row,column").

    Further numbers (a confidence) are checked but not returned. Trailing commas and spaces, spaces around numbers,
    empty lines, a byte order mark and a missing last newline are ignored. An empty file has no rows.
    Raises ``InputError`` naming file and row if it is not readable, a row has fewer than two values, or a value is not
    a finite number.
    """
    lines = read_text(path, "a csv").splitlines()
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
