import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.drawing.layout import Layout


@given(st.integers(0, 10**6), st.floats(1, 6), st.floats(0, 5))
def test_places_keep_margin_and_distance(seed, radius, margin):
    rng, layout = np.random.default_rng(seed), Layout(50.0)
    for _ in range(12):
        layout.place(rng, radius, margin)
    points = layout.points()
    assert len(points) >= 1
    assert points.min() >= margin
    assert points.max() <= 50 - margin
    gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)
    assert gaps[~np.eye(len(points), dtype=bool)].min(initial=np.inf) >= 2 * radius


def test_places_stay_in_their_zone_and_a_full_square_has_none():
    rng, layout = np.random.default_rng(0), Layout(10.0)
    left = np.zeros((20, 20), dtype=bool)
    left[:, :8] = True
    x, _ = layout.place(rng, 1.0, 0.0, zone=left)
    assert x < 4.0
    assert layout.place(rng, 9.0, 1.0, zone=left) is None
    assert len(layout.points()) == 1
