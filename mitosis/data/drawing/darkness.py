"""The darkness of condensed chromatin: one distribution for mitoses and look-alikes, so that it separates neither."""

from mitosis.data.drawing.canvas import Generator


def chromatin_level(rng: Generator) -> float:
    """Draw the concentration of haematoxylin in a dense nucleus."""
    return float(rng.uniform(1.5, 2.3))


def chromatin_eosin(rng: Generator) -> float:
    """Draw the concentration of eosin in a dense nucleus."""
    return float(rng.uniform(0.2, 0.6))
