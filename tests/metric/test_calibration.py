"""Calibration: by hand and against scikit-learn."""

from math import isnan

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from mitosis.metric.calibration import reliability


def test_two_bins_by_hand() -> None:
    """Below 0.5: mean 0.2, a half right, so 0.3 off; from 0.5 on: mean 0.8, all right, so 0.2 off."""
    result = reliability(np.array([0.1, 0.3, 0.5, 0.9, 1.0]), np.array([True, False, True, True, True]), bins=2)
    assert result.confidence == pytest.approx([0.2, 0.8])
    assert result.accuracy == pytest.approx([0.5, 1.0])
    assert result.counts.tolist() == [2, 3]
    assert result.ece == pytest.approx((2 * 0.3 + 3 * 0.2) / 5)


def test_bins_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(300)
    mitotic = rng.random(300) < scores**2
    accuracy, confidence = calibration_curve(mitotic, scores, n_bins=10)
    result = reliability(scores, mitotic)
    assert result.accuracy == pytest.approx(accuracy)
    assert result.confidence == pytest.approx(confidence)


def test_empty_bins_are_undefined_and_weigh_nothing() -> None:
    result = reliability(np.array([0.95]), np.array([True]))
    assert np.isnan(result.accuracy[:9]).all()
    assert result.ece == pytest.approx(0.05)
    assert isnan(reliability(np.zeros(0), np.zeros(0, dtype=bool)).ece)
