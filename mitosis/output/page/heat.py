"""What stage two looked at, as a coloured picture to lay over a card."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mitosis.output.page.template import png

FOR, AGAINST = (255, 196, 0), (0, 190, 255)
"""Colours, RGB, of what speaks for a mitotic figure and of what speaks against it: neither is one of H&E."""
OPAQUE = 0.75
"""How much of the card the strongest colour hides."""
_WITH = re.compile(r'id="data">\{"heat_um": \d')
"""In a page with heat maps, and in no other: the first that its data say."""


@dataclass(frozen=True)
class Heat:
    """What stage two looks at around the places of an image.

    Attributes:
        side_um: Side of the square around a place that it sees, in µm.
        at: From x, y to (s, s) float: positive where something speaks for a mitotic figure, negative where against.
    """

    side_um: float
    at: Callable[[float, float], np.ndarray]


def heat_picture(values: np.ndarray) -> str:
    """Values (s, s) as the address of a picture of themselves: the further from 0, the more colour."""
    strength = np.abs(values) / max(np.abs(values).max(), np.finfo(np.float32).tiny)
    picture = np.zeros((*values.shape, 4), np.uint8)
    picture[..., :3] = np.where((values > 0)[..., None], FOR, AGAINST)
    picture[..., 3] = np.round(255 * OPAQUE * strength)
    return png(picture)


def has_heat(page: Path) -> bool:
    """Whether the page of an image was written with heat maps."""
    return _WITH.search(page.read_text(encoding="utf-8", errors="replace")) is not None
