from math import isnan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mitosis.metric.statistics import f1, precision, recall

COUNT = st.integers(0, 1000)


def test_values_of_the_paper():
    """SCMitosis (Table 3): 86 of 98 predictions are right, 101 mitoses."""
    assert precision(86, 12) == pytest.approx(0.8776, abs=5e-5)
    assert recall(86, 15) == pytest.approx(0.8515, abs=5e-5)
    assert f1(86, 12, 15) == pytest.approx(0.8643, abs=5e-5)


def test_zero_over_zero_is_undefined():
    assert isnan(precision(0, 0))
    assert isnan(recall(0, 0))
    assert isnan(f1(0, 0, 0))


def test_no_detection_is_zero():
    assert precision(0, 3) == recall(0, 3) == f1(0, 0, 3) == f1(0, 3, 0) == 0


@given(COUNT, COUNT, COUNT)
def test_f1_is_the_harmonic_mean(tp, fp, fn):
    assume(tp)
    p, r = precision(tp, fp), recall(tp, fn)
    assert f1(tp, fp, fn) == pytest.approx(2 * p * r / (p + r))
