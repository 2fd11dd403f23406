"""The mitotic component: the table's own consistency, its cuts, its interval, and what is extrapolated."""

import math

import pytest
from refused import refused

from mitosis.count.nottingham import CUTS, check_diameter, component, ten_fields_mm2


def test_the_table_has_a_row_for_every_hundredth_of_a_millimetre() -> None:
    assert list(CUTS) == [round(0.4 + step / 100, 2) for step in range(30)]
    for (one, three), (later, last) in zip(list(CUTS.values())[:-1], list(CUTS.values())[1:], strict=True):
        assert one < three - 2
        assert (later - one) in (0, 1)
        assert (last - three) in (0, 1)


def test_the_cuts_are_about_three_and_eight_per_square_millimetre() -> None:
    for diameter, (one, three) in CUTS.items():
        assert 3.4 < (one + 0.5) / ten_fields_mm2(diameter) < 4.0, diameter
        assert 7.0 < (three - 0.5) / ten_fields_mm2(diameter) < 7.7, diameter


@pytest.mark.parametrize(("figures", "score"), [(0, 1), (8, 1), (9, 2), (17, 2), (18, 3), (90, 3)])
def test_ten_fields_of_055_mm(figures: int, score: int) -> None:
    found = component(figures, ten_fields_mm2(0.55), 0.55)
    assert (found.score, found.per_10_hpf, found.extrapolated) == (score, figures, False)


def test_the_interval_crosses_a_cut_or_it_does_not() -> None:
    """Of 9 figures the interval is 4.1 to 17.1 (17: still 2 points); of 40, 28.6 to 54.5; of 0, 0 to 3.7."""
    found = component(9, ten_fields_mm2(0.55), 0.55)
    assert (found.low, found.score, found.high, found.borderline) == (1, 2, 2, True)
    assert not component(40, ten_fields_mm2(0.55), 0.55).borderline
    assert not component(0, ten_fields_mm2(0.55), 0.55).borderline


def test_a_smaller_area_is_extrapolated() -> None:
    """4 figures in a quarter of ten fields are 16 in ten fields; the interval 1.09 to 10.24 becomes 4.4 to 41."""
    found = component(4, ten_fields_mm2(0.55) / 4, 0.55)
    assert found.per_10_hpf == pytest.approx(16)
    assert (found.low, found.score, found.high) == (1, 2, 3)
    assert found.extrapolated


@pytest.mark.parametrize(("figures", "score"), [(9, 1), (10, 2), (19, 2), (20, 3)])
def test_fields_of_0274_mm2_as_hl7_has_them(figures: int, score: int) -> None:
    """0.274 mm², 0.59 mm across: fewer than 10 give 1 point, 10 to 19 give 2 and 20 give 3."""
    assert component(figures, ten_fields_mm2(0.59), 0.59).score == score
    assert ten_fields_mm2(0.59) / 10 == pytest.approx(0.274, abs=0.001)


def test_ten_fields() -> None:
    assert ten_fields_mm2(0.4) == pytest.approx(10 * math.pi * 0.04)


def test_a_diameter_without_a_row_is_refused() -> None:
    assert check_diameter(0.551) == 0.55
    assert check_diameter(0.4) == 0.4
    assert "from 0.40 to 0.69 mm" in refused(lambda: check_diameter(0.7))
    for given in ("wide", True, None):
        assert "give the diameter of a high-power field in mm" in refused(lambda given=given: check_diameter(given))
    assert "hpf_mm=nan" in refused(lambda: check_diameter(float("nan")))
