"""Drawn slides with coloured squares in pink tissue."""

from pathlib import Path

import numpy as np
from squares import rows

RED, GREY, PINK = (90, 20, 20), (40, 40, 40), (215, 170, 205)
SQUARES = ((100, 100, RED), (300, 50, GREY), (250, 260, RED), (420, 300, RED))


def drawn(*squares: tuple[int, int, tuple[int, int, int]], side: int = 12, size=(400, 500)) -> np.ndarray:
    """Pink tissue with squares at left, top, of a colour."""
    image = np.full((*size, 3), PINK, np.uint8)
    for left, top, colour in squares:
        image[top : top + side, left : left + side] = colour
    return image


def places(path: Path) -> list[tuple[str, str]]:
    return sorted((row["x"], row["y"]) for row in rows(path))
