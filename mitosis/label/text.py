"""The text of a label file, whatever program saved it."""

import codecs
import os
import re
from pathlib import Path

from mitosis.errors import InputError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order mark → encoding; UTF-32's begins with UTF-16's and goes before it."""


def read_text(path: str | os.PathLike[str], kind: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 or UTF-32 with a byte order mark.

    ``kind``: what the file should be, for messages, such as "a csv". Raises ``InputError`` naming the file if it is
    missing, is no text, or is in another encoding.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: not readable as {kind} ({error.strerror})") from error
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"line {line} is not text in {encoding.upper().removesuffix('-SIG')}"
        raise InputError(f"{path}: not readable as {kind}: {found}; save it as {kind} in UTF-8") from error
    text = text.removesuffix("\x1a")  # DOS's sign of a file's end
    if "\0" in text:
        raise InputError(f"{path}: not readable as {kind}: it holds zero bytes, as in UTF-16; save it in UTF-8")
    return text


def read_csv_text(path: str | os.PathLike[str]) -> str:
    """As ``read_text``; a first line ``sep=,`` for spreadsheets is emptied, so that rows keep their numbers."""
    return re.sub(r"""\A\s*"?sep=.?"?,*(?=[\r\n]|\Z)""", "", read_text(path, "a csv"), flags=re.IGNORECASE)
