"""The bootstrap over cases, or over fields within their cases."""

from math import isnan

import numpy as np
import pytest

from mitosis.metric.bootstrap import bootstrap_f1
from mitosis.metric.intervals import RESAMPLES, resampled_f1


def test_many_cases_are_drawn_whole() -> None:
    """20 cases with two fields each: the same as the plain bootstrap of the cases' sums."""
    cases = [f"{case:02}" for case in range(20) for _ in range(2)]
    counts = np.array([[1, 2, 2], [0, 1, 1]] * 10 + [[2, 2, 2], [0, 0, 3]] * 10)
    result = bootstrap_f1(counts, cases)
    assert result.unit == "20 cases"
    assert np.array_equal(result.values, resampled_f1(counts.reshape(20, 2, 3).sum(axis=1)))


def test_fields_of_few_cases_are_drawn_within_their_case() -> None:
    """Each case has equal fields, so no draw changes anything, although the cases differ: F1 = 2 · 6 / (6 + 9)."""
    counts = np.array([[2, 2, 2], [0, 0, 1], [2, 2, 2], [0, 0, 1], [0, 0, 1], [2, 2, 2]])
    result = bootstrap_f1(counts, ["a", "b", "a", "b", "b", "a"])
    assert result.unit == "6 fields, within 2 cases"
    assert result.values == pytest.approx(np.full(RESAMPLES, 12 / 15))
    assert result.interval == pytest.approx((0.8, 0.8))


def test_the_draws_within_a_case_by_hand() -> None:
    """A field with F1 1 and one with F1 0, one figure each: a quarter of the draws has twice the first."""
    result = bootstrap_f1(np.array([[1, 1, 1], [0, 0, 1]]), ["a", "a"])
    assert result.unit == "2 fields, within 1 case"
    values = result.values
    assert sorted(set(values.tolist())) == pytest.approx([0, 2 / 3, 1])
    assert (values == 1).mean() == pytest.approx(0.25, abs=0.03)


def test_two_variants_are_compared_draw_by_draw() -> None:
    cases = ["a", "a", "b", "b", "b"]
    worse = np.array([[1, 2, 2], [0, 1, 1], [3, 4, 5], [0, 2, 2], [1, 1, 1]])
    difference = bootstrap_f1(worse + [1, 0, 0], cases).values - bootstrap_f1(worse, cases).values
    assert (difference > 0).all()


def test_without_anything_there_is_no_interval() -> None:
    assert all(isnan(limit) for limit in bootstrap_f1(np.zeros((2, 3), dtype=np.int64), ["a", "b"]).interval)


def test_cases_of_one_field_are_drawn_from_each_other() -> None:
    """Two such cases vary as two fields of one case do; one alone says nothing about others."""
    counts = np.array([[1, 1, 1], [0, 0, 1], [1, 2, 2], [1, 2, 2]])
    values = bootstrap_f1(counts, ["a", "b", "c", "c"]).values
    assert sorted(set(values.tolist())) == pytest.approx([2 * 2 / (4 + 6), 2 * 3 / (5 + 6), 2 * 4 / (6 + 6)])
    assert np.isnan(bootstrap_f1(counts[:1], ["a"]).values).all()
