"""A number in a label file."""

import math


def finite(text: str) -> float | None:
    """``text`` as a number; None unless that is finite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
