"""The densest circle and rectangle: against every place that could be the best one, and by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitosis.count.hotspot import densest_circle, densest_rectangle
from mitosis.count.window import Window

POINTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=14)
"""On a grid, so that there are many ties, and several points in one place."""
RADII = st.sampled_from([math.sqrt(2 / math.pi), math.sqrt(3), math.sqrt(11 / math.pi), math.sqrt(53 / math.pi)])
"""All but one so that no circle of three points of the grid has them; √3 is that of none with two, 2√3 apart."""


def circles(points: np.ndarray, radius: float) -> list[tuple[float, float]]:
    """The centres of the circles that have a point in their middle or two points on their circumference."""
    centres = [(float(x), float(y)) for x, y in points]
    for a, b in itertools.combinations(points, 2):
        step = b - a
        length = math.hypot(*step)
        if 0 < length <= 2 * radius:
            off = math.sqrt(max(0.0, radius**2 - (length / 2) ** 2))
            for sign in (-1, 1):
                centres.append(tuple((a + b) / 2 + sign * off * np.array([-step[1], step[0]]) / length))  # pyright: ignore
    return centres


@given(POINTS, RADII)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_circle_holds_more(places: list[tuple[int, int]], radius: float) -> None:
    points = np.array(places, dtype=float)
    found = densest_circle(points, radius)
    assert found is not None
    most = max(int((np.hypot(*(points - centre).T) <= radius * (1 + 1e-9)).sum()) for centre in circles(points, radius))
    assert int(found.holds(points).sum()) == most
    assert found.area == pytest.approx(math.pi * radius**2)


@given(POINTS, st.integers(1, 6), st.sampled_from([0.5, 2.0, 3.25]))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_rectangle_holds_more(places: list[tuple[int, int]], width: int, height: float) -> None:
    points = np.array(places, dtype=float)
    found = densest_rectangle(points, width, height)
    assert found is not None
    most = max(
        int(((points >= (x, y)) & (points <= (x + width, y + height))).all(axis=1).sum())
        for x in points[:, 0]
        for y in points[:, 1]
    )
    assert int(found.holds(points).sum()) == most


@given(POINTS, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_order_of_the_points_does_not_matter(places: list[tuple[int, int]], random) -> None:
    shuffled = list(places)
    random.shuffle(shuffled)
    for find in (lambda p: densest_circle(p, 2.3), lambda p: densest_rectangle(p, 3, 2)):
        assert find(np.array(places, float)) == find(np.array(shuffled, float))


def test_a_grid_of_places_would_miss_it() -> None:
    """Three points on a circle of radius 5 around 3, 4; another two far away."""
    points = np.array([(8.0, 4), (3, 9), (0, 0), (50, 50), (51, 50)])
    assert densest_circle(points, 5) == Window(pytest.approx(3), pytest.approx(4), 10, 10, circle=True)
    assert densest_circle(points, 4.99).holds(points).sum() == 2
    assert densest_rectangle(points, 8, 9) == Window(4, 4.5, 8, 9, circle=False)
    assert densest_rectangle(points, 8, 8.9).holds(points).sum() == 2


def test_without_points_there_is_none() -> None:
    assert densest_circle(np.zeros((0, 2)), 1) is None
    assert densest_rectangle(np.zeros((0, 2)), 1, 1) is None


def test_two_points_a_diameter_apart_are_both_held() -> None:
    points = np.array([(0.1, 0.1), (0.1 + 6 * 0.3, 0.1 + 8 * 0.3)])
    found = densest_circle(points, 1.5)
    assert found.holds(points).all()
    assert (found.x, found.y) == pytest.approx((1.0, 1.3))


def test_a_slide_of_many_figures_takes_no_second_per_thousand() -> None:
    """4000 figures in 20 clusters on 400 mm², with a circle of 2 mm²: most of them are never looked at."""
    random = np.random.default_rng(0)
    centres = random.uniform(0, 80_000, (20, 2))
    points = np.concatenate([centre + random.normal(0, 1500, (200, 2)) for centre in centres])
    found = densest_circle(points, 3191.5)
    assert found.holds(points).sum() >= max(
        Window(x, y, 6383, 6383, circle=True).holds(points).sum() for x, y in points[::40]
    )
