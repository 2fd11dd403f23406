import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mitosis.image import optical_density
from mitosis.image.optical_density import DENSITY, densities, recolour

images = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))


def test_density_by_hand():
    np.testing.assert_allclose(DENSITY[[255, 1, 0]], [0, np.log(255), np.log(255)])
    np.testing.assert_allclose(DENSITY[51], 1.609438, atol=1e-6)  # ln 5


@given(images)
def test_the_identity_returns_the_image(image):
    np.testing.assert_array_equal(recolour(image, np.eye(3)), np.maximum(image, 1))


def test_doubling_squares_the_transmission():
    image = np.array([[[255, 128, 51]]], np.uint8)
    assert recolour(image, 2 * np.eye(3)).tolist() == [[[255, 64, 10]]]  # 255 (128/255)² = 64.25, 255 / 25 = 10.2


def test_rows_of_the_matrix_are_input_channels():
    matrix = np.zeros((3, 3))
    matrix[0, 2] = 1  # the red density becomes the blue one
    assert recolour(np.array([[[40, 90, 200]]], np.uint8), matrix).tolist() == [[[255, 255, 40]]]


def test_a_shift_is_added_to_the_density():
    image = np.array([[[255, 128, 51]]], np.uint8)
    shifted = recolour(image, np.eye(3), [np.log(2), -np.log(2), 0])  # half as bright, twice as bright
    assert shifted.tolist() == [[[128, 255, 51]]]  # 127.5 rounds to even; 256 is white


@settings(deadline=None)
@given(images, arrays(np.float64, (3, 3), elements=st.floats(-1e30, 1e30)))
def test_overflow_saturates_at_white_or_black(image, matrix):
    result = recolour(image, matrix)
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    density = DENSITY[image] @ matrix
    assert (result[density < -1e-3 * np.abs(DENSITY[image] @ np.abs(matrix)) - 1e-3] == 255).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_threads_and_views_give_the_same_result(monkeypatch, threads):
    image = np.random.default_rng(0).integers(0, 256, (50, 30, 3), dtype=np.uint8)
    matrix = np.array([[0.9, 0.1, 0], [0, 1.2, 0.1], [0.2, 0, 0.7]])
    whole = recolour(image, matrix)
    monkeypatch.setattr(optical_density, "_BLOCK", 7)
    monkeypatch.setattr(cv2, "getNumThreads", lambda: threads)
    np.testing.assert_array_equal(recolour(image, matrix), whole)
    np.testing.assert_array_equal(recolour(image[::-1, ::-1], matrix), whole[::-1, ::-1])


@given(arrays(np.uint8, st.tuples(st.integers(0, 12), st.just(3))))
def test_densities_are_those_of_the_table(pixels):
    np.testing.assert_allclose(densities(pixels), DENSITY[pixels], rtol=1e-6)
    assert densities(pixels).dtype == np.float32


@pytest.mark.parametrize("size", [(0, 7), (7, 0)])
def test_an_empty_image_stays_empty(size):
    assert recolour(np.zeros((*size, 3), np.uint8), np.eye(3)).shape == (*size, 3)
