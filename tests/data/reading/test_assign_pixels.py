"""Assigning a mask's pixels to objects that are listed separately."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.reading.assign_pixels import assign_pixels

ROW = np.stack([np.arange(10), np.zeros(10)], axis=1).astype(np.int32)  # x 0 … 9, y 0


def test_a_part_shared_by_two_objects_is_divided_between_them() -> None:
    shares, left = assign_pixels([ROW], np.array([[1.0, 0.0], [6.0, 0.0]]), reach=5)
    assert [share.tolist() for share in shares if share is not None] == [ROW[:4].tolist(), ROW[4:].tolist()]
    assert not left


def test_an_extra_part_goes_to_the_nearest_object_if_one_is_within_reach() -> None:
    parts = [ROW, ROW + [0, 4], ROW + [0, 100]]
    shares, left = assign_pixels(parts, np.array([[5.0, 0.0]]), reach=10)
    assert shares[0] is not None
    assert len(shares[0]) == 20
    assert [part.tolist() for part in left] == [parts[2].tolist()]


@pytest.mark.parametrize(("parts", "count"), [([], 2), ([ROW], 0), ([], 0)])
def test_no_parts_or_no_objects(parts: list, count: int) -> None:
    shares, left = assign_pixels(parts, np.zeros((count, 2)) + 1000, reach=10)
    assert shares == [None] * count
    assert len(left) == len(parts)


def test_objects_out_of_reach_get_nothing() -> None:
    shares, left = assign_pixels([ROW], np.array([[5.0, 10.5], [5.0, 10.0]]), reach=10)
    assert shares[0] is None
    assert shares[1] is not None
    assert not left


PLACE = st.integers(0, 60)


@given(st.lists(st.tuples(PLACE, PLACE), max_size=6), st.lists(st.tuples(PLACE, PLACE), max_size=4))
def test_no_pixel_is_lost_or_given_twice(corners: list, centres: list) -> None:
    parts = [ROW + np.array(corner) + [0, 100 * k] for k, corner in enumerate(corners)]
    shares, left = assign_pixels(parts, np.array(centres, dtype=float).reshape(-1, 2), reach=20)
    given_out = [tuple(pixel) for array in (*shares, *left) if array is not None for pixel in array.tolist()]
    assert sorted(given_out) == sorted(tuple(pixel) for part in parts for pixel in part.tolist())
