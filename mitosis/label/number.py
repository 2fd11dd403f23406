"""A number in a label file."""

import math


def finite(text: str) -> float | None:
    """What ``text`` says, None unless it is a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
