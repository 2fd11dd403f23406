"""Fixtures of the tests of the MIDOG datasets."""

from collections.abc import Callable
from pathlib import Path

import pytest
from miniature import midog


@pytest.fixture
def midog_folder(tmp_path: Path) -> Callable[[tuple[int, ...], int, str], Path]:
    """``midog_folder(numbers, marked, name)``: a challenge's json with this name, and an image for each number.

    The region ``marked`` has a mitosis at (40, 50) and a hard negative at (80, 90).
    """

    def write(numbers: tuple[int, ...], marked: int, name: str) -> Path:
        return midog.write(tmp_path, name, numbers, [midog.box(marked, 40, 50), midog.box(marked, 80, 90, 2)])

    return write
