"""Fixtures of the tests of the MIDOG datasets and of a user's own images."""

from collections.abc import Callable
from pathlib import Path

import pytest
from miniature import midog
from own_images import POINTS, picture


@pytest.fixture
def midog_folder(tmp_path: Path) -> Callable[[tuple[int, ...], int, str], Path]:
    """``midog_folder(numbers, marked, name)``: a challenge's json with this name, and an image for each number.

    The region ``marked`` has a mitosis at (40, 50) and a hard negative at (80, 90).
    """

    def write(numbers: tuple[int, ...], marked: int, name: str) -> Path:
        return midog.write(tmp_path, name, numbers, [midog.box(marked, 40, 50), midog.box(marked, 80, 90, 2)])

    return write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three images in two folders, and centres for two of them."""
    for name in ("p1/a.png", "p2/b.png", "p2/c.png"):
        picture(tmp_path / "my [images]" / name)
    (tmp_path / "my [images]" / "cells.csv").write_text(POINTS)
    return tmp_path / "my [images]"
