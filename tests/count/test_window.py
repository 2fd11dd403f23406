"""Windows: what they hold, their area and their outline."""

import math

import numpy as np
import pytest

from mitosis.count.window import Window
from mitosis.label.shape import area, middle

CIRCLE, OBLONG = Window(10, 20, 6, 6, circle=True), Window(10, 20, 6, 2, circle=False)


def test_the_edge_belongs_to_it() -> None:
    points = np.array([(13, 20), (13.001, 20), (10, 17), (10, 21), (10, 21.001), (12.5, 22)])
    assert CIRCLE.holds(points).tolist() == [True, False, True, True, True, False]
    assert OBLONG.holds(points).tolist() == [True, False, False, True, False, False]


def test_area_and_outline_agree() -> None:
    assert CIRCLE.area == pytest.approx(9 * math.pi)
    assert OBLONG.area == 12
    for window in (CIRCLE, OBLONG):
        assert area(window.outline()) == pytest.approx(window.area)
        assert middle(window.outline()) == pytest.approx((10, 20))
    assert OBLONG.outline().tolist() == [[7, 19], [13, 19], [13, 21], [7, 21]]


def test_plain_data_make_it_again() -> None:
    assert Window(**CIRCLE.data()) == CIRCLE
