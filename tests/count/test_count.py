"""The count of an image, from points and tissue."""

import json
import math

import numpy as np
import pytest

from mitosis.count.count import Count, count_figures
from mitosis.count.nottingham import ten_fields_mm2
from mitosis.count.tissue_map import TissueMap

FIELD = TissueMap(np.ones((4, 4), bool), (2000, 2000), 0.25)
"""0.25 mm² of tissue."""
REGION = TissueMap(np.ones((100, 100), bool), (20_000, 20_000), 0.25)
"""25 mm² of tissue."""


def test_a_field_has_a_density_and_no_hotspot() -> None:
    count = count_figures(np.array([(100.0, 100), (900, 50), (1500, 1500)]), FIELD, 0.55)
    assert (count.figures, count.area_mm2, count.density) == (3, 0.25, 12)
    assert count.interval == pytest.approx((4 * 0.6187, 4 * 8.7673), abs=1e-3)  # of 3: 0.6187 to 8.7673
    assert count.hotspots == ()
    assert count.component.extrapolated
    assert count.component.per_10_hpf == pytest.approx(12 * ten_fields_mm2(0.55))


def test_without_figures_there_is_a_count_of_nothing() -> None:
    count = count_figures(np.zeros((0, 2)), REGION, 0.55)
    assert (count.figures, count.density, count.hotspots) == (0, 0, ())
    assert (count.component.score, count.component.extrapolated) == (1, False)


def test_without_tissue_there_is_no_density() -> None:
    glass = TissueMap(np.zeros((4, 4), bool), (2000, 2000), 0.25)
    count = count_figures(np.zeros((0, 2)), glass, 0.55)
    assert math.isnan(count.density)
    assert math.isnan(count.interval[0])
    assert count.component is None


@pytest.fixture(scope="module")
def region() -> Count:
    """20 figures in a row of 3.9 mm, of which the first ten lie within 0.9 mm, and 10 figures alone."""
    row = [(1000 + 400 * step, 5000.0) for step in range(10)] + [(5500 + 1100 * step, 5000.0) for step in range(10)]
    alone = [(1000.0 + 1900 * step, 19_000.0 - 900 * (step % 2)) for step in range(10)]
    return count_figures(np.array(row + alone), REGION, 0.55)


def test_hotspots_are_where_most_figures_are(region: Count) -> None:
    held = {one.name: one.figures for one in region.hotspots}
    # A circle of 2 mm² is 6383 px across: 10 figures within 3600 px, and those at 5500 and 6600. The square's side is
    # 5657 px: 5500 and 6600 as well. 2.37 mm²: 6949 px (to 7700: 6700) and 6158 px. Ten fields in a row are 16 000 px.
    assert held == {
        "2 mm², circle": 12,
        "2 mm², square": 12,
        "2.37 mm², circle": 13,
        "2.37 mm², square": 12,
        "10 HPF of 0.55 mm, circle": 13,
        "10 HPF of 0.55 mm, square": 12,
        "10 consecutive HPF of 0.16 mm²": 20,
    }
    (strip,) = [one for one in region.hotspots if "consecutive" in one.name]
    assert (strip.window.width, strip.window.height, strip.area_mm2) == (16_000, 1600, pytest.approx(1.6))
    assert all(0 < one.tissue_mm2 <= one.area_mm2 * 1.02 for one in region.hotspots)


def test_the_component_is_that_of_the_hotspot_of_ten_fields(region: Count) -> None:
    assert (region.component.per_10_hpf, region.component.score, region.component.extrapolated) == (13, 2, False)
    assert region.density == 30 / 25


def test_plain_data_make_it_again(region: Count) -> None:
    assert Count.of(json.loads(json.dumps(region.data()))) == region
    with pytest.raises(KeyError):
        Count.of({})
