"""FROC, worked out by hand."""

from math import isnan

import numpy as np
import pytest

from mitosis.metric.counts import Curve
from mitosis.metric.froc import RATES, false_alarms, froc

CURVE = Curve.of(np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([0.9, 0.7, 0.6]), truths=4)
"""Right, wrong, right, right, wrong; a fourth figure is missed."""


def test_false_alarms_by_hand() -> None:
    assert false_alarms(CURVE, area_mm2=2.0).tolist() == [0, 0.5, 0.5, 0.5, 1.0]


def test_recall_at_each_rate_by_hand() -> None:
    assert froc(CURVE, 2.0) == pytest.approx([0.25, 0.25, 0.75, 0.75, 0.75, 0.75, 0.75])
    assert len(RATES) == 7


def test_a_rate_that_no_threshold_keeps_finds_nothing() -> None:
    wrong_first = Curve.of(np.array([0.9, 0.8]), np.array([0.8]), truths=1)
    assert froc(wrong_first, 1.0, rates=(0.5, 1.0)) == [0.0, 1.0]


def test_without_detections_nothing_is_found_and_without_figures_recall_is_undefined() -> None:
    assert froc(Curve.of(np.zeros(0), np.zeros(0), truths=3), 1.0) == [0.0] * 7
    assert all(isnan(recall) for recall in froc(Curve.of(np.array([0.5]), np.zeros(0), truths=0), 1.0))
