"""The interval of a count: by hand, and against another definition of the same."""

import math

import pytest
from scipy.stats import poisson

from mitosis.count.poisson import poisson_interval


def test_nothing_counted() -> None:
    """With a mean of 3.689, nothing is counted in 2.5 % of the cases: exp(-3.689) = 0.025."""
    assert poisson_interval(0) == (0.0, pytest.approx(-math.log(0.025)))


@pytest.mark.parametrize("count", [1, 2, 10, 137, 4000])
def test_each_limit_leaves_a_tail_of_a_fortieth(count: int) -> None:
    low, high = poisson_interval(count)
    assert poisson.sf(count - 1, low) == pytest.approx(0.025)
    assert poisson.cdf(count, high) == pytest.approx(0.025)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="a count of -1"):
        poisson_interval(-1)
