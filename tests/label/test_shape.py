"""Shapes of cells: examples by hand and round trips."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_fill_holes, label

from mitosis.errors import InputError
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
    outline, pixels = joined([SQUARE], "a")
    assert outline is SQUARE
    assert pixels is None
    outline, pixels = joined([SQUARE, SQUARE + 1], "a")
    assert outline is None
    assert pixels is not None
    assert len(pixels) == 15 + 15 - 8


def test_polygons_may_extend_left_of_and_above_the_image() -> None:
    assert {tuple(pixel) for pixel in rasterised([SQUARE - 4], "a")} == {
        (x, y) for x in range(-3, 2) for y in (-3, -2, -1)
    }


@given(PIXELS)
def test_an_outline_covers_its_pixels_and_holes(coordinates: set[tuple[int, int]]) -> None:
    pixels = np.array(sorted(coordinates))
    mask = np.zeros((14, 15), dtype=bool)
    mask[pixels[:, 1] + 7, pixels[:, 0] + 5] = True
    outlines = outlined(pixels, "a")
    assert len(outlines) == label(mask, np.ones((3, 3)))[1] or binary_fill_holes(mask).sum() > mask.sum()  # pyright: ignore
    y, x = np.nonzero(binary_fill_holes(mask))
    assert {tuple(pixel) for pixel in rasterised(outlines, "a")} == set(
        zip((x - 5).tolist(), (y - 7).tolist(), strict=True)
    )


def test_the_centre_of_a_ring_that_crosses_itself() -> None:
    hourglass = np.array([[10.0, 10.0], [40.0, 40.0], [40.0, 10.0], [10.0, 40.0]])  # two triangles of 225
    assert middle(hourglass) == pytest.approx((25, 25), abs=0.1)
    assert area(hourglass) == pytest.approx(450, rel=0.01)
    twice = np.concatenate([SQUARE, SQUARE[:1] + 0, SQUARE[:1]])
    assert middle(twice) == (3, 2)  # repeated corners change nothing
    # A bow of a large and a small triangle: areas 200 and 50, centroids (20/3, 10) and (20 + 10/3, 10).
    bow = np.array([[0.0, 0.0], [30.0, 15.0], [30.0, 5.0], [0.0, 20.0]])
    assert area(bow) == pytest.approx(250, rel=0.01)
    assert middle(bow) == pytest.approx(((200 * 20 / 3 + 50 * (20 + 20 / 3)) / 250, 10), abs=0.1)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=9))
def test_a_centre_lies_in_the_hull_of_its_ring(corners: list[tuple[int, int]]) -> None:
    ring = np.array(corners, dtype=np.float64)
    centre = np.array(middle(ring))
    for angle in np.linspace(0, np.pi, 24):
        along = np.array([np.cos(angle), np.sin(angle)])
        assert (ring @ along).min() - 1e-6 <= centre @ along <= (ring @ along).max() + 1e-6


@settings(max_examples=30)  # each fills up to 600 x 600 pixels
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=7))
def test_the_centre_is_the_mean_of_the_pixels_inside(corners: list[tuple[int, int]]) -> None:
    ring = np.array(corners, dtype=np.float64) * 10
    pixels = rasterised([ring], "a") if np.ptp(ring, axis=0).min() else np.zeros((0, 2))
    if len(pixels) > 5000:
        np.testing.assert_allclose(middle(ring), pixels.mean(axis=0), atol=8)


@pytest.mark.parametrize("make", [lambda far: rasterised([far], "a"), lambda far: outlined(far[:2].astype(int), "a")])
def test_what_is_far_larger_than_a_cell_is_not_filled(make: Callable) -> None:
    with pytest.raises(InputError, match=r"^a: an outline of 2e\+09 x 1e\+06 pixels is that of no cell; remove it"):
        make(np.array([[0.0, 0.0], [2e9, 1e6], [0.0, 1e6]]))
