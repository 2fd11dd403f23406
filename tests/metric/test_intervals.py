"""Confidence intervals: by hand, against an independent reference, and at the extremes."""

from math import isnan

import numpy as np
import pytest
from scipy.stats import binomtest

from mitosis.metric.intervals import RESAMPLES, percentiles, resampled_f1, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (5, 5), (3, 10), (160, 226), (1, 1000)])
def test_wilson_agrees_with_scipy(successes: int, trials: int) -> None:
    peer = binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((peer.low, peer.high), abs=1e-12)


def test_without_trials_there_is_no_interval() -> None:
    assert all(isnan(limit) for limit in wilson(0, 0))


def test_equal_fields_have_no_spread() -> None:
    """Every draw of three equal fields is the same: F1 = 2 · 2 / (3 + 4)."""
    values = resampled_f1(np.array([[2, 3, 4]] * 3))
    assert values.shape == (RESAMPLES,)
    assert values == pytest.approx(np.full(RESAMPLES, 4 / 7))


def test_two_fields_by_hand() -> None:
    """A field with F1 1 and one with F1 0, one mitosis each: a quarter of the draws has both times the first."""
    values = resampled_f1(np.array([[1, 1, 1], [0, 0, 1]]))
    assert sorted(set(values.tolist())) == pytest.approx([0, 2 / 3, 1])
    assert (values == 1).mean() == pytest.approx(0.25, abs=0.03)


def test_two_methods_are_compared_draw_by_draw() -> None:
    counts = np.array([[1, 2, 2], [3, 3, 5], [0, 1, 0]])
    assert np.array_equal(resampled_f1(counts), resampled_f1(counts))
    assert (resampled_f1(counts + [1, 1, 1]) > resampled_f1(counts)).all()


def test_draws_without_anything_are_left_out() -> None:
    values = resampled_f1(np.array([[0, 0, 0], [1, 1, 1]]))
    assert np.isnan(values).any()
    assert percentiles(values) == (1.0, 1.0)


def test_percentiles_by_hand() -> None:
    assert percentiles(np.arange(101.0), level=0.9) == pytest.approx((5, 95))
