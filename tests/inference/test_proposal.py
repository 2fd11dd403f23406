"""Candidates by either method, and those at the edge of the image."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.inference.components import CandidateSettings, extract
from mitosis.inference.peaks import FLOOR, find_peaks
from mitosis.inference.proposal import candidates_of, peaks_of

COMPONENTS = CandidateSettings(threshold="auto", recall=0.95, min_area_um2=1.0)
PEAKS = replace(COMPONENTS, method="peaks")
CENTRES = ((10, 9), (60, 15), (30, 40), (90, 60))
"""x, y of blots of 3 × 3 pixels on a map of 100 × 80; 9, 15, 30 and 9 pixels inside its outermost pixels."""


def blots() -> np.ndarray:
    probability = np.zeros((80, 100), np.float32)
    for rank, (x, y) in enumerate(CENTRES):
        probability[y - 1 : y + 2, x - 1 : x + 2] = 0.9 - 0.1 * rank
    return probability


@pytest.mark.parametrize("settings", [COMPONENTS, PEAKS])
@pytest.mark.parametrize(("edge_um", "kept"), [(0.0, 4), (4.5, 4), (5.0, 2), (7.5, 2), (8.0, 1), (15.5, 0), (1e6, 0)])
def test_the_edge_by_hand(settings: CandidateSettings, edge_um: float, kept: int) -> None:
    """At 0.5 µm per pixel, 9 pixels are 4.5 µm."""
    found = candidates_of(blots(), replace(settings, edge_um=edge_um), threshold=0.1, mpp=0.5)
    expected = {4: CENTRES, 2: CENTRES[1:3], 1: CENTRES[2:3], 0: ()}[kept]
    assert sorted(map(tuple, found.points.round(6).tolist())) == sorted(expected)
    assert len(found.mean) == len(found.max) == len(found.area_um2) == kept
    for index, (x, y) in enumerate(found.points.round().astype(int)):
        assert found.labels[y, x] == index + 1
    assert set(np.unique(found.labels)) == set(range(kept + 1))


@given(st.integers(0, 2**32 - 1), st.floats(0, 12))
def test_the_edge_drops_and_changes_nothing_else(seed: int, edge_um: float) -> None:
    probability = np.random.default_rng(seed).random((40, 50), dtype=np.float32)
    for settings in (COMPONENTS, PEAKS):
        every = candidates_of(probability, settings, threshold=0.8, mpp=0.5)
        inside = candidates_of(probability, replace(settings, edge_um=edge_um), threshold=0.8, mpp=0.5)
        x, y = every.points.T
        distance = np.min([x, y, 49 - x, 39 - y], axis=0) * 0.5
        expected = distance >= edge_um if edge_um else np.ones(len(every), bool)
        for name in ("points", "area_um2", "mean", "max"):
            np.testing.assert_array_equal(getattr(inside, name), getattr(every, name)[expected])
        for new, old in enumerate(np.flatnonzero(expected)):
            np.testing.assert_array_equal(inside.labels == new + 1, every.labels == old + 1)


def test_each_method_is_its_own() -> None:
    probability = np.random.default_rng(0).random((60, 60), dtype=np.float32)
    one = candidates_of(probability, COMPONENTS, threshold=0.6, mpp=0.25)
    np.testing.assert_array_equal(one.points, extract(probability, threshold=0.6, min_area_um2=1.0, mpp=0.25).points)
    peaks = find_peaks(probability, threshold=FLOOR, sigma_um=1.0, radius_um=6.0, mpp=0.25)
    for settings in (COMPONENTS, PEAKS):
        np.testing.assert_array_equal(peaks_of(probability, settings, mpp=0.25).points, peaks.points)
