"""Errors by stage, worked out by hand."""

from math import isnan

import numpy as np
import pytest

from mitosis.metric.field_scores import ALONE, BOTH, FieldScores, curve_of
from mitosis.metric.matching import Reach
from mitosis.metric.stage_errors import ACCEPTED, FOUND, MISSED, REJECTED, SHARED, TWICE, ceilings, stage_errors


def field(score: list[float], edges: list[tuple[int, int]], missed: tuple[int, ...] = ()) -> FieldScores:
    """Candidates with a score of both stages; edges of (figure, candidate)."""
    truth, prediction = (
        np.array(side, dtype=np.int64) for side in (zip(*sorted(edges), strict=True) if edges else ((), ()))
    )
    scores = {ALONE: np.full(len(score), 0.9), BOTH: np.array(score)}
    return FieldScores("F", "p", scores, Reach(prediction, truth, np.zeros(len(truth))), missed)


A = field([0.9, 0.2, 0.8, 0.7, 0.1], [(0, 0), (1, 1), (0, 3)], missed=(2,))
"""Figure 0 found, and found again by candidate 3; figure 1 rejected; figure 2 missed; candidate 2 false."""
B = field([0.9], [(0, 0), (1, 0)])
"""Two figures, so near that one candidate reaches both."""


def test_every_error_has_its_stage() -> None:
    assert dict(stage_errors([A], 0.5)) == {FOUND: 1, MISSED: 1, REJECTED: 1, SHARED: 0, ACCEPTED: 1, TWICE: 1}
    assert dict(stage_errors([B], 0.5)) == {FOUND: 1, MISSED: 0, REJECTED: 0, SHARED: 1, ACCEPTED: 0, TWICE: 0}
    assert dict(stage_errors([A, B], 0.95)) == {FOUND: 0, MISSED: 1, REJECTED: 4, SHARED: 0, ACCEPTED: 0, TWICE: 0}


@pytest.mark.parametrize("threshold", [0.0, 0.15, 0.5, 0.75, 1.0])
def test_errors_sum_to_the_counts(threshold: float) -> None:
    fields = [A, B]
    errors = stage_errors(fields, threshold)
    tp, predictions, truths = np.sum([one.counts(BOTH, threshold) for one in fields], axis=0)
    assert errors[FOUND] == tp
    assert errors[FOUND] + errors[MISSED] + errors[REJECTED] + errors[SHARED] == truths
    assert errors[ACCEPTED] + errors[TWICE] == predictions - tp


def test_ceilings_by_hand() -> None:
    """Of 5 figures stage two rejects 1: 2 · 4 / (2 · 4 + 1). The candidates reach 3 one to one: 2 · 3 / (2 · 3 + 2)."""
    assert ceilings([A, B], 0.5) == pytest.approx((8 / 9, 6 / 8))
    assert all(isnan(one) for one in ceilings([field([0.9], [])], 0.5))


def test_the_curve_of_all_fields() -> None:
    curve = curve_of([A, B], BOTH)
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.7, 0.2, 0.1]
    assert curve.tp.tolist() == [2, 2, 2, 3, 3]
    assert curve.predictions.tolist() == [2, 3, 4, 5, 6]
    assert curve.truths == 5
    assert curve_of([], ALONE).truths == 0
