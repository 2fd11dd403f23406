"""Holm's correction, by hand."""

import sys
from math import isnan

import pytest
from refused import refused

from mitosis.metric.holm import holm


def test_three_p_values_by_hand() -> None:
    """The smallest times 3, the next times 2, the last once, and never below the one before."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])


def test_undefined_ones_do_not_count() -> None:
    first, second, third = holm([0.01, float("nan"), 0.04])
    assert (first, third) == pytest.approx((0.02, 0.04))
    assert isnan(second)
    assert holm([]) == []


def test_without_statsmodels_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.stats.multitest", None)
    assert 'pip install "mitosis-cascade[report]"' in refused(lambda: holm([0.1]))
