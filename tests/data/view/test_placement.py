"""Square samples cut by one affine map."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitosis.data.view.placement import Placement, cut


def numbered(height: int, width: int) -> np.ndarray:
    return np.arange(height * width, dtype=np.uint8).reshape(height, width)


def test_without_a_turn_it_is_a_slice() -> None:
    image = numbered(9, 11)
    assert cut(image, Placement(5, 4, 1.0), 3).tolist() == image[3:6, 4:7].tolist()


def test_a_quarter_turn_and_a_mirror() -> None:
    """At 90° the sample's x runs down the field, so its rows are the field's columns, from right to left."""
    image = numbered(9, 11)
    part = image[3:6, 4:7]
    assert cut(image, Placement(5, 4, 1.0, math.pi / 2), 3).tolist() == np.rot90(part).tolist()
    assert cut(image, Placement(5, 4, 1.0, mirror=True), 3).tolist() == part[:, ::-1].tolist()


def test_beyond_the_field() -> None:
    image = numbered(4, 4) + 1
    reflected = cut(image, Placement(0, 0, 1.0), 3)
    assert reflected.tolist() == [[6, 5, 6], [2, 1, 2], [6, 5, 6]]
    assert cut(image, Placement(0, 0, 1.0), 3, border="black").tolist() == [[0, 0, 0], [0, 1, 2], [0, 5, 6]]


def test_a_coarser_sample_is_an_average_and_does_not_alias() -> None:
    """Stripes of one pixel, 0 and 200, become grey at half the resolution, whatever their phase."""
    stripes = np.tile(np.array([0, 200], np.uint8), (64, 32))
    for x in (31.0, 31.5, 32.0):
        sample = cut(stripes, Placement(x, 31.5, 2.0), 16)
        assert np.abs(sample.astype(int) - 100).max() <= 5


def test_a_mask_keeps_its_values() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = 2
    assert set(np.unique(cut(mask, Placement(20, 20, 1.7, 0.3), 20, nearest=True))) == {0, 2}


@settings(max_examples=60)
@given(
    st.floats(-30, 130), st.floats(-30, 90), st.floats(0.3, 6), st.floats(0, 2 * math.pi), st.booleans(),
    st.integers(1, 40),
)  # fmt: skip
def test_position_is_kept(x: float, y: float, step: float, angle: float, mirror: bool, side: int) -> None:
    """A ramp of x over the field: the sample's values are the x of its pixels, wherever they lie inside."""
    ramp = np.tile(np.arange(100, dtype=np.uint8), (60, 1))
    placement = Placement(x, y, step, angle, mirror)
    sample = cut(ramp, placement, side).astype(float)
    assert sample.shape == (side, side)
    columns, rows = np.meshgrid(np.arange(side), np.arange(side))
    where = np.stack([columns, rows, np.ones_like(rows)], axis=-1) @ placement.matrix(side).T
    margin = 3 * step + 3
    inside = ((where > margin) & (where < [99 - margin, 59 - margin])).all(axis=-1)
    assert np.abs(sample - where[..., 0])[inside] == pytest.approx(0, abs=1.01)


def test_colour_and_the_smallest_field() -> None:
    assert cut(np.full((1, 1, 3), 7, np.uint8), Placement(50, -50, 2.0, 1.0), 5).tolist() == [[[7, 7, 7]] * 5] * 5
