"""The analysed tissue: its area in mm², in all and in a window."""

import numpy as np
import pytest

from mitosis.count.tissue_map import TissueMap, tissue_map
from mitosis.count.window import Window


def test_half_of_an_image_is_tissue() -> None:
    """1024 x 512 pixels of 0.5 µm are 0.131072 mm²; its left half is pink."""
    image = np.full((512, 1024, 3), 245, np.uint8)
    image[:, :512] = (200, 120, 170)
    found = tissue_map(image, 0.5)
    assert found.mask.shape == (32, 64)
    assert found.area_mm2 == pytest.approx(0.065536)
    assert found.area_within_mm2(Window(511.5, 255.5, 512, 512, circle=False)) == pytest.approx(0.032768)
    assert found.area_within_mm2(Window(900, 255.5, 200, 200, circle=True)) == 0


def test_gaps_between_cells_are_tissue_and_a_lumen_is_not() -> None:
    image = np.full((400, 400, 3), (150, 60, 120), np.uint8)
    image[::8] = 250  # fissures of 0.25 µm
    image[:200] = 250
    assert tissue_map(image, 0.25).area_mm2 == pytest.approx(0.005, rel=0.05)


def test_a_pixel_is_an_image_too() -> None:
    assert tissue_map(np.zeros((1, 1, 3), np.uint8), 0.25).area_mm2 == pytest.approx(0.0625e-6)


def test_a_map_may_be_coarser_than_the_image() -> None:
    found = TissueMap(np.array([[True, False]]), (1000, 2000), 0.25)
    assert found.area_mm2 == pytest.approx(0.0625)
    assert found.area_within_mm2(Window(499.5, 499.5, 10, 10, circle=False)) == pytest.approx(0.0625)
