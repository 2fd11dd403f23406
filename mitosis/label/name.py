"""One form of an image's name, however it was typed or stored."""

import unicodedata

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a formula of a spreadsheet begins with."""


def composed(name: str) -> str:
    """``name`` with composed letters (NFC): macOS stores "ä" as an a and two dots, most label files as one letter."""
    return unicodedata.normalize("NFC", name)


def shown_name(name: str) -> str:
    """The name of an image as it stands in a table: with an apostrophe if a spreadsheet took it for a formula."""
    return f"'{name}" if name.startswith(FORMULA) else name


def meant_name(name: str) -> str:
    """The name of an image that ``shown_name`` wrote."""
    return name[1:] if name.startswith("'") and name[1:].startswith(FORMULA) else name
