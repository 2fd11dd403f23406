"""Parses a number of a label file."""

import math


def number(text: str) -> float:
    """``text`` as a number, which may be nan or infinite; ``ValueError`` for any other text.

    ``1_000`` is Python's way to write a number and no label file's; it may be a name.
    """
    if "_" in text:
        raise ValueError(text)
    return float(text)


def finite(text: str) -> float | None:
    """``text`` as a number; None if it is not a finite number."""
    try:
        value = number(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
