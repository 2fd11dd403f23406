"""Shapes of cells: examples by hand and round trips."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import binary_fill_holes, label

from mitosis.label.shape import area, bounds, joined, middle, outlined, rasterised

SQUARE = np.array([[1.0, 1.0], [5.0, 1.0], [5.0, 3.0], [1.0, 3.0]])
PIXELS = st.sets(st.tuples(st.integers(-4, 8), st.integers(-6, 5)), min_size=1, max_size=60)


def test_areas_centres_and_bounds_by_hand() -> None:
    assert middle(SQUARE) == (3, 2)
    assert area(SQUARE) == 8
    assert middle(SQUARE[::-1]) == (3, 2)
    assert middle(SQUARE[:2]) == (3, 1)  # a line has no area
    assert middle(np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])) == (1, 1)
    assert area(SQUARE[:3]) == 4
    assert bounds(SQUARE, None) == (1, 1, 5, 3)
    assert bounds(None, None) is None
    assert bounds(None, np.array([[2, 3], [4, 3]])) == (1.5, 2.5, 4.5, 3.5)
    outline, pixels = joined([SQUARE])
    assert outline is SQUARE
    assert pixels is None
    outline, pixels = joined([SQUARE, SQUARE + 1])
    assert outline is None
    assert pixels is not None
    assert len(pixels) == 15 + 15 - 8


def test_polygons_may_extend_left_of_and_above_the_image() -> None:
    assert {tuple(pixel) for pixel in rasterised([SQUARE - 4])} == {(x, y) for x in range(-3, 2) for y in (-3, -2, -1)}


@given(PIXELS)
def test_an_outline_covers_its_pixels_and_holes(coordinates: set[tuple[int, int]]) -> None:
    pixels = np.array(sorted(coordinates))
    mask = np.zeros((14, 15), dtype=bool)
    mask[pixels[:, 1] + 7, pixels[:, 0] + 5] = True
    outlines = outlined(pixels)
    assert len(outlines) == label(mask, np.ones((3, 3)))[1] or binary_fill_holes(mask).sum() > mask.sum()  # pyright: ignore
    y, x = np.nonzero(binary_fill_holes(mask))
    assert {tuple(pixel) for pixel in rasterised(outlines)} == set(zip((x - 5).tolist(), (y - 7).tolist(), strict=True))
