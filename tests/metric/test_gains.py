"""The true positives gained at each score, against matching everything anew and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_matching import plain_curve

from mitosis.metric.detection import DetectionMetric
from mitosis.metric.gains import gains
from mitosis.metric.matching import METHODS, Matching


def gained(method, xs, scores, truths, radius=3.0):
    """The scores gained in a field of ``xs`` and ``truths`` along y = 0, in descending order."""
    points, true = (np.array([[float(x), 0.0] for x in row]).reshape(-1, 2) for row in (xs, truths))
    reach = Matching("any", radius, "px", method=method).reach(points, true, 1.0)
    return sorted(gains(reach, np.array(scores, dtype=float), method).tolist(), reverse=True)


@pytest.mark.parametrize("method", METHODS)
def test_one_detection_of_two_on_a_mitosis_gains(method):
    assert gained(method, [0, 1], [0.4, 0.9], [0]) == [0.9]
    assert gained(method, [50], [0.9], [0]) == []
    assert gained(method, [], [], [0, 1]) == []
    assert gained(method, [0], [0.5], []) == []


def test_a_later_detection_moves_an_earlier_one_to_its_other_mitosis():
    assert gained("optimal", [2, 0], [0.9, 0.5], [0, 4]) == [0.9, 0.5]
    chain = list(range(0, 40, 4))  # each reaches the mitoses on its left and right; the last one only the first
    assert gained("optimal", [*chain, -2], [0.9] * 10 + [0.1], [x - 2 for x in [*chain, 40]], 2.0) == [0.9] * 10 + [0.1]


def test_greedy_gains_nothing_where_the_driven_out_detection_finds_no_mitosis():
    assert gained("greedy", [2, 0], [0.9, 0.5], [0]) == [0.9]
    assert gained("greedy", [2, 1], [0.9, 0.5], [0, 4]) == [0.9, 0.5]  # the nearer takes the first, the other moves on
    assert gained("greedy", [3, 1], [0.9, 0.5], [0, -2]) == [0.9]  # the other does not reach the second


def test_a_shared_detection_gains_every_mitosis_it_reaches():
    assert gained("shared", [0, 1], [0.9, 0.5], [-2, 2, 4]) == [0.9, 0.9, 0.5]


def scene(seed, spread, whole):
    """Two fields of up to twelve detections with tied scores; on whole pixels distances tie, too."""
    random = np.random.default_rng(seed)
    for _ in range(2):
        points, truths = (random.uniform(0, spread, (random.integers(0, 13), 2)) for _ in range(2))
        scores = random.choice([0.2, 0.5, 0.6, 0.9], len(points))
        points, truths = (points.round(), truths.round()) if whole else (points, truths)
        yield points, scores, truths, float(random.choice([0.25, 1.0]))


def curves(matching, fields):
    """The curve of ``DetectionMetric`` and the plain one, as lists of threshold and counts."""
    metric = DetectionMetric(matching)
    for number, (points, scores, truths, mpp) in enumerate(fields):
        metric.update(points, scores, truths, mpp, f"{number}")
    curve = metric.curve()
    found = [(float(score), curve.counts(index)) for index, score in enumerate(curve.thresholds)]
    return found, plain_curve(matching, fields)


RADIUS = st.sampled_from([("px", 3.0), ("um", 2.0)])


@given(st.integers(0, 2**32 - 1), st.sampled_from([*METHODS]), st.sampled_from([4, 9, 20]), st.booleans(), RADIUS)
def test_a_curve_is_that_of_matching_anew_at_each_score(seed, method, spread, whole, radius):
    matching = Matching("any", radius[1], radius[0], inclusive=seed % 2 == 0, method=method)
    found, expected = curves(matching, [*scene(seed, spread, whole)])
    assert found == expected


@pytest.mark.parametrize("method", METHODS)
def test_a_curve_of_a_crowded_field_is_that_of_matching_anew(method):
    """One component of hundreds of mitoses, so that augmenting paths are long."""
    random = np.random.default_rng(0)
    points, truths = random.uniform(0, 60, (300, 2)), random.uniform(0, 60, (200, 2))
    scores = random.integers(0, 12, 300) / 12
    matching = Matching("any", 4.0, "px", method=method)
    found, expected = curves(matching, [(points, scores, truths, 1.0)])
    assert found == expected
