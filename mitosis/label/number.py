"""Parses a number of a label file."""

import math


def finite(text: str) -> float | None:
    """``text`` as a number; None if it is not a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
