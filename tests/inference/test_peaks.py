"""Local maxima of a smoothed probability map."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from mitosis.inference.peaks import find_peaks

MPP = 0.25
SETTINGS = {"threshold": 0.02, "sigma_um": 1.0, "radius_um": 6.0, "mpp": MPP}


def bump(shape: tuple[int, int], *places: tuple[float, float, float], sigma: float = 5.0) -> np.ndarray:
    """Gaussians of (x, y, height), the highest at every pixel."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    parts = [height * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma**2)) for cx, cy, height in places]
    return np.max(parts, axis=0).astype(np.float32)


def test_one_bump_is_one_candidate_at_its_centre_between_the_pixels() -> None:
    found = find_peaks(bump((80, 90), (40.3, 29.7, 0.9)), **SETTINGS)
    assert len(found) == 1
    assert found.points[0] == pytest.approx([40.3, 29.7], abs=0.1)
    # A Gaussian of σ 5 smoothed by one of σ 4 has the height 25 / (25 + 16).
    assert found.mean[0] == pytest.approx(0.9 * 25 / 41, abs=0.01)
    assert found.max[0] == pytest.approx(0.9, abs=0.01)
    assert found.labels[30, 40] == 1
    assert (found.labels > 0).sum() == 1


def test_a_figure_in_two_parts_is_one_candidate() -> None:
    """Two bumps 20 px apart, 5 µm: the lower one is dropped; 28 px apart, 7 µm, both stay, the higher one first."""
    near = find_peaks(bump((100, 100), (40, 50, 0.6), (60, 50, 0.8), sigma=3), **SETTINGS)
    assert near.points.round().tolist() == [[60, 50]]
    far = find_peaks(bump((100, 100), (40, 50, 0.6), (68, 50, 0.8), sigma=3), **SETTINGS)
    assert far.points.round().tolist() == [[68, 50], [40, 50]]


def test_a_low_network_still_has_candidates() -> None:
    """A map that never exceeds 0.1 has no component at 0.5, but its maxima are ordered."""
    found = find_peaks(bump((100, 100), (20, 20, 0.1), (70, 70, 0.06)), **SETTINGS)
    assert found.points.round().tolist() == [[20, 20], [70, 70]]
    assert (np.diff(found.mean) < 0).all()


def test_the_threshold_is_compared_with_the_smoothed_value() -> None:
    spike = np.zeros((60, 60), np.float32)
    spike[30, 30] = 1.0  # smoothed by σ 4: 1 / (2 π 16) = 0.00995
    assert len(find_peaks(spike, **SETTINGS | {"threshold": 0.009})) == 1
    assert len(find_peaks(spike, **SETTINGS | {"threshold": 0.011})) == 0


def test_a_plateau_and_the_border() -> None:
    everywhere = find_peaks(np.full((50, 50), 0.5, np.float32), **SETTINGS)
    assert len(everywhere) >= 1
    assert everywhere.mean == pytest.approx(0.5, abs=1e-5)
    corner = find_peaks(bump((50, 60), (59.4, 0, 0.9)), **SETTINGS)
    assert len(corner) == 1
    assert (corner.points >= 0).all()
    assert (corner.points <= [59, 49]).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_tiny_maps(size: tuple[int, int]) -> None:
    assert len(find_peaks(np.zeros(size, np.float32), **SETTINGS)) == 0
    assert len(find_peaks(np.ones(size, np.float32), **SETTINGS)) >= 1


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_properties(seed: int) -> None:
    """Scores are those of an independent smoothing, sorted; no two candidates are close, and none could be added."""
    rng = np.random.default_rng(seed)
    places = [(*rng.uniform(0, 120, 2), rng.uniform(0.05, 1)) for _ in range(8)]
    probability = bump((120, 120), *places, sigma=float(rng.uniform(2, 6)))
    found = find_peaks(probability, **SETTINGS)
    smooth = gaussian_filter(probability.astype(np.float64), 4.0, mode="mirror", truncate=4.0)
    columns, rows = np.array([np.argwhere(found.labels == i + 1)[0][::-1] for i in range(len(found))]).T
    assert found.mean == pytest.approx(smooth[rows, columns], abs=2e-3)
    assert (np.diff(found.mean) <= 0).all()
    distance = np.hypot(columns[:, None] - columns, rows[:, None] - rows) * MPP
    assert (distance[~np.eye(len(rows), dtype=bool)] > 6.0).all()
    highest = np.unravel_index(smooth.argmax(), smooth.shape)
    assert smooth[rows[0], columns[0]] == pytest.approx(smooth[highest], abs=2e-3)


def test_bad_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        find_peaks(np.zeros((1, 4, 4), np.float32), **SETTINGS)
    with pytest.raises(ValueError, match="nan"):
        find_peaks(np.full((4, 4), np.nan, np.float32), **SETTINGS)
    with pytest.raises(ValueError, match="mpp"):
        find_peaks(np.zeros((4, 4), np.float32), **SETTINGS | {"mpp": 0.0})
