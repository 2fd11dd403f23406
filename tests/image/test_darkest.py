"""The darkest place near a point, on images drawn by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.image.darkest import darkest_nearby


def discs(*places: tuple[int, int, int, int], size: tuple[int, int] = (80, 100)) -> np.ndarray:
    """A light image with discs at (x, y) of a radius and a grey value."""
    image = np.full((*size, 3), 220, np.uint8)
    rows, columns = np.mgrid[: size[0], : size[1]]
    for x, y, radius, grey in places:
        image[np.hypot(columns - x, rows - y) <= radius] = grey
    return image


def test_a_point_moves_to_the_middle_of_the_nucleus_beside_it() -> None:
    image = discs((60, 30, 6, 60))
    assert darkest_nearby(image, (52.5, 36), radius=15, sigma=4) == (60, 30)
    assert darkest_nearby(image, (60, 30), radius=15, sigma=4) == (60, 30)


def test_the_darker_of_two_is_taken_and_one_beyond_the_radius_is_not() -> None:
    image = discs((20, 40, 6, 90), (44, 40, 6, 60), (90, 40, 6, 20))
    assert darkest_nearby(image, (32, 40), radius=15, sigma=4) == (44, 40)
    assert darkest_nearby(image, (20, 40), radius=15, sigma=4) == (20, 40)


def test_a_speck_of_dirt_is_no_nucleus() -> None:
    image = discs((50, 40, 6, 90))
    image[40, 60] = 0
    assert darkest_nearby(image, (55, 40), radius=15, sigma=4) == (50, 40)


def test_a_nucleus_at_the_edge_is_found() -> None:
    image = discs((0, 79, 6, 60))
    assert darkest_nearby(image, (6, 73), radius=15, sigma=4) == (0, 79)


def test_on_even_ground_the_point_keeps_its_pixel() -> None:
    assert darkest_nearby(discs(), (50.2, 40.4), radius=15, sigma=4) == (50, 40)


@pytest.mark.parametrize(
    "point", [(-20.0, 5.0), (5.0, -20.0), (120.0, 5.0), (5.0, 100.0), (500.0, 500.0), (-500.0, 5.0)]
)
def test_a_point_far_outside_stays(point: tuple[float, float]) -> None:
    assert darkest_nearby(discs(), point, radius=15, sigma=4) == point


def eighths(least: int, most: int) -> st.SearchStrategy[float]:
    """Numbers that stay exact when the image is moved."""
    return st.integers(8 * least, 8 * most).map(lambda number: number / 8)


@given(st.integers(0, 2**32 - 1), eighths(0, 99), eighths(0, 79), eighths(1, 20), eighths(1, 5))
def test_it_lies_in_the_image_within_the_radius_and_is_what_the_whole_image_gives(
    seed: int, x: float, y: float, radius: float, sigma: float
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (80, 100, 3), dtype=np.uint8)
    found = darkest_nearby(image, (x, y), radius=radius, sigma=sigma)
    assert np.hypot(found[0] - x, found[1] - y) <= radius
    assert 0 <= found[0] <= 99
    assert 0 <= found[1] <= 79
    shifted = np.pad(image, ((60, 60), (60, 60), (0, 0)), mode="symmetric")  # as the Gaussian continues the image
    column, row = darkest_nearby(shifted, (x + 60, y + 60), radius=radius, sigma=sigma)
    if 60 <= column < 160 and 60 <= row < 140:
        assert (column - 60, row - 60) == found
