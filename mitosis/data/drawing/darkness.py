"""How dark condensed chromatin is: one law for mitoses and look-alikes, so that darkness tells neither."""

from mitosis.data.drawing.canvas import Generator


def chromatin_level(rng: Generator) -> float:
    """Concentration of haematoxylin in a dense nucleus."""
    return float(rng.uniform(1.5, 2.3))


def chromatin_eosin(rng: Generator) -> float:
    """Concentration of eosin in a dense nucleus."""
    return float(rng.uniform(0.2, 0.6))
