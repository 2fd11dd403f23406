"""The pixels of an annotated cell, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.reading.figure import check_radii, figure_of
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels

SIZE = (20, 30)


def pixels(**given) -> set[tuple[int, int]] | None:
    figure = figure_of(Annotation("a", True, **{"x": 5.0, "y": 4.0} | given), SIZE, mpp=0.5, radius_um=1.0)
    return None if figure is None else {(int(x), int(y)) for x, y in figure.pixels}


def test_a_point_becomes_a_disc_with_its_radius_in_micrometres() -> None:
    assert pixels() == {
        (5, 4),
        (4, 4),
        (6, 4),
        (5, 3),
        (5, 5),
        (4, 3),
        (4, 5),
        (6, 3),
        (6, 5),
    }  # all within less than 2 pixels


def test_pixels_take_precedence_over_the_outline() -> None:
    own, square = np.array([[1, 2], [2, 2]]), np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]])
    assert pixels(pixels=own, outline=square) == {(1, 2), (2, 2)}
    assert pixels(outline=square) == {(x, y) for x in (1, 2, 3) for y in (1, 2, 3)}


def test_pixels_outside_the_image_are_cut_off() -> None:
    assert pixels(x=0.0, y=0.0) == {(0, 0), (1, 0), (0, 1), (1, 1)}
    assert pixels(x=-0.6) is None
    assert pixels(x=29.5) is None
    assert pixels(y=20.0) is None
    assert pixels(pixels=np.array([[-1, 3], [40, 3]])) is None


def test_an_outline_thinner_than_a_pixel_leaves_its_centre() -> None:
    assert pixels(outline=np.array([[5.1, 4.2], [5.3, 4.2], [5.2, 4.3]])) == {(5, 4)}


@given(st.floats(-0.5, 29.4), st.floats(-0.5, 19.4), st.floats(0.01, 3))
def test_a_figure_lies_in_its_image(x: float, y: float, radius: float) -> None:
    figure = figure_of(Annotation("a", True, x, y), SIZE, mpp=0.5, radius_um=radius)
    assert figure is not None
    assert ((figure.pixels >= 0) & (figure.pixels < (30, 20))).all()


@pytest.mark.parametrize(("image", "count"), [("a", 2), ("b", 0)])
def test_the_cells_of_one_image(image: str, count: int) -> None:
    labels = Labels((Annotation("a", True, 1, 1), Annotation("a", False, 2, 2)), {"a": None, "b": (3, 4)})
    assert len(labels.of(image)) == count


@pytest.mark.parametrize("ring", [4, 3.9, 0, -8, float("nan"), float("inf"), "8", True])
def test_a_ring_that_is_not_above_its_disc_is_refused(ring: object) -> None:
    with pytest.raises(InputError, match=rf"data.ring_um={ring}: give more micrometres than data.radius_um=4, or null"):
        check_radii(4.0, ring)


@pytest.mark.parametrize("radius", [0, -1, None, float("nan"), float("inf"), "4", True])
def test_an_invalid_radius_is_refused(radius: object) -> None:
    with pytest.raises(InputError, match=rf"data.radius_um={radius}: give micrometres above 0"):
        check_radii(radius, 8.0)


def test_valid_radii_are_accepted() -> None:
    check_radii(4, None)
    check_radii(4.0, 4.01)
