"""The paired permutation test: by hand, against scipy, and at the extremes."""

from math import isnan

import numpy as np
import pytest
from scipy import stats

from mitosis.metric.permutation import DRAWS, paired_permutation

WORSE, BETTER = np.array([1, 2, 2]), np.array([2, 2, 2])


@pytest.mark.parametrize(("units", "p"), [(1, 1.0), (2, 0.5), (5, 0.0625), (12, 2 / 4096)])
def test_a_variant_that_wins_everywhere_reaches_the_smallest_p(units: int, p: float) -> None:
    result = paired_permutation(np.tile(WORSE, (units, 1)), np.tile(BETTER, (units, 1)))
    assert (result.p, result.smallest, result.exact) == (p, p, True)
    assert result.difference == pytest.approx(0.5)


def test_equal_variants_differ_by_chance() -> None:
    counts = np.array([[1, 2, 2], [0, 1, 3]])
    result = paired_permutation(counts, counts)
    assert (result.difference, result.p) == (0.0, 1.0)


def test_two_cases_by_hand() -> None:
    """F1 is 4/8 and 6/8. Only one case differs, so that every exchange gives a difference of 1/4 or −1/4."""
    first, second = np.array([[1, 2, 2], [1, 2, 2]]), np.array([[2, 2, 2], [1, 2, 2]])
    result = paired_permutation(first, second)
    assert result.difference == pytest.approx(0.25)
    assert result.p == 1.0, (
        "only one case differs: it is better by chance in every second exchange, worse in the others"
    )


def test_the_exact_test_agrees_with_scipy() -> None:
    rng = np.random.default_rng(3)
    truths = rng.integers(1, 9, 7)
    first, second = (
        np.stack([tp := rng.integers(0, truths + 1), tp + rng.integers(0, 4, 7), truths], axis=1) for _ in range(2)
    )
    both = np.concatenate([first, second])

    def difference(x: np.ndarray, y: np.ndarray) -> float:
        one, two = (both[rows.astype(int)].sum(axis=0) for rows in (x, y))
        return 2 * two[0] / (two[1] + two[2]) - 2 * one[0] / (one[1] + one[2])

    rows = (np.arange(7), np.arange(7, 14))
    peer = stats.permutation_test(rows, difference, permutation_type="samples", vectorized=False, n_resamples=2**8)
    result = paired_permutation(first, second)
    assert result.difference == pytest.approx(peer.statistic)
    assert result.p == pytest.approx(peer.pvalue)


def test_drawn_exchanges_come_near_the_exact_test_and_are_repeatable() -> None:
    """13 cases, three of them better by one figure each: the exact p is that of 3 signs, 2 / 8."""
    first = np.tile(WORSE, (13, 1))
    second = first.copy()
    second[:3] = BETTER
    result = paired_permutation(first, second)
    assert (result.exact, result.smallest) == (False, 1 / (DRAWS + 1))
    assert result.p == pytest.approx(0.25, abs=0.02)
    assert paired_permutation(first, second) == result
    assert paired_permutation(first, second, seed=1).p != result.p


def test_drawn_exchanges_never_give_zero() -> None:
    result = paired_permutation(np.tile(WORSE, (40, 1)), np.tile(BETTER, (40, 1)))
    assert result.p == result.smallest == 1 / (DRAWS + 1)


def test_without_anything_there_is_no_difference() -> None:
    nothing = np.zeros((3, 3), dtype=np.int64)
    result = paired_permutation(nothing, nothing)
    assert isnan(result.difference)
    assert isnan(result.p)
