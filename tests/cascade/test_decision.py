"""The joint score of both stages and its operating points."""

import json

import numpy as np
import pytest
from refused import refused
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from mitosis.cascade.decision import (
    Decision,
    fit_coefficients,
    operating_points,
)
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching


def scores(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of both stages with a common truth: logits of unit noise around ±1."""
    rng = np.random.default_rng(seed)
    mitosis = rng.random(count) < 0.3
    first, second = (expit(np.where(mitosis, 1, -1) + rng.normal(size=count)) for _ in range(2))
    return first, second, mitosis


def test_the_joint_score_by_hand() -> None:
    """Logits ln 3 and −ln 4 with weights 1 and 1/2: σ(1 + ln 3 − ln 2)."""
    decision = Decision((1.0, 1.0, 0.5), 8, {})
    assert decision.score(np.array([0.75]), np.array([0.2]))[0] == pytest.approx(expit(1 + np.log(3) - np.log(2)))


def test_certain_scores_stay_finite() -> None:
    joint = Decision((0.0, 1.0, 1.0), 1, {}).score(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    assert np.isfinite(joint).all()
    assert joint[0] == pytest.approx(0.5)


def test_the_fit_agrees_with_scikit_learn() -> None:
    first, second, mitosis = scores(400)
    a, b1, b2 = fit_coefficients(first, second, mitosis)
    peer = LogisticRegression(C=100.0, tol=1e-10).fit(np.column_stack([logit(first), logit(second)]), mitosis)
    assert [a, b1, b2] == pytest.approx([*peer.intercept_, *peer.coef_[0]], abs=2e-3)


def test_a_stage_that_misleads_gets_no_weight() -> None:
    first, second, mitosis = scores(400)
    _, b1, b2 = fit_coefficients(first, 1 - second, mitosis)
    assert b2 == 0
    assert b1 > 0.5


def test_perfect_separation_stays_finite() -> None:
    mitosis = np.array([True, True, False, False])
    coefficients = fit_coefficients(np.array([0.9, 0.8, 0.2, 0.1]), np.array([0.9, 0.9, 0.1, 0.1]), mitosis)
    assert np.isfinite(coefficients).all()


@pytest.mark.parametrize("value", [True, False])
def test_one_kind_alone_is_refused(value: bool) -> None:
    half = np.full(3, 0.5)
    assert "without both kinds" in refused(lambda: fit_coefficients(half, half, np.full(3, value)))


def curve_of(found: list[float], false: list[float], truths: int) -> DetectionMetric:
    """One mitosis per score in ``found``, one false alarm per score in ``false``, on a line 100 px apart."""
    metric = DetectionMetric(Matching("rule", 5.0, "px"))
    places = np.array([(100.0 * index, 0.0) for index in range(len(found) + len(false) + truths)])
    points = np.concatenate([places[: len(found)], places[truths : truths + len(false)]])
    metric.update(points, np.array([*found, *false]), places[:truths], mpp=0.25, field="f")
    return metric


def test_operating_points_by_hand() -> None:
    """Down to 0.9: 1 of 4, none false. To 0.6: 3 of 4, 1 false. To 0.2: 4 of 4, 6 false."""
    metric = curve_of([0.9, 0.7, 0.6, 0.2], [0.65, 0.5, 0.4, 0.3, 0.25, 0.22], 4)
    points = operating_points([metric.curve()], area_mm2=2.0)
    balanced = points["balanced"]
    assert balanced.threshold == pytest.approx((0.6 + 0.5) / 2)  # midway to the next lower score
    assert (balanced.precision, balanced.recall, balanced.f1) == (3 / 4, 3 / 4, pytest.approx(3 / 4))
    assert balanced.false_per_mm2 == 1 / 2
    assert points["high_precision"].threshold == pytest.approx((0.7 + 0.65) / 2)
    assert points["high_precision"].precision == 1
    # F2 of 4 of 4 with 6 false is 5·4 / (5·4 + 6) = .769, of 3 of 4 with 1 false 15 / (15 + 4 + 1) = .75.
    assert points["high_recall"].recall == 1
    assert points["high_recall"].threshold == pytest.approx(0.2 / 2)  # nothing lower: midway to 0


def test_each_patient_counts_as_much_as_another() -> None:
    """The first has 4 of 8 at 0.8 without a false alarm, and 4 false alarms at 0.3; the second 2 of 2 at 0.3.

    At 0.8 the pooled F1 is 8/14, the patients' 2/3 and 0; at 0.3 it is 12/20, theirs 1/2 and 1: mean 1/3 and 3/4.
    With 12 false alarms the pooled F1 falls to 12/28, but the mean is 8/24 and 1: 2/3 still.
    """
    for false in (4, 12):
        patients = [curve_of([0.8] * 4, [0.3] * false, 8).curve(), curve_of([0.3] * 2, [], 2).curve()]
        assert operating_points(patients, 1.0)["balanced"].threshold == pytest.approx(0.15)


def test_a_patient_without_mitoses_asks_for_none() -> None:
    """Its F1 is 1 without detections and 0 with one: at 0.6 the mean is (2/3 + 1) / 2, at 0.4 (1 + 0) / 2."""
    patients = [curve_of([0.6, 0.4], [], 2).curve(), curve_of([], [0.5], 0).curve()]
    assert operating_points(patients, 1.0)["balanced"].threshold == pytest.approx((0.6 + 0.5) / 2)


def test_no_candidates_are_refused() -> None:
    assert "no threshold" in refused(lambda: operating_points([curve_of([], [], 2).curve()], 1.0))


def test_it_survives_json() -> None:
    metric = curve_of([0.9, 0.7], [0.65], 2)
    points = operating_points([metric.curve()], 1.0)
    decision = Decision((0.1, 0.2, 0.3), 8, points, points["balanced"], "rule")
    assert Decision.of(json.loads(json.dumps(decision.data()))) == decision


def test_an_unknown_operating_point_names_the_known_ones() -> None:
    assert refused(lambda: Decision((0, 1, 1), 1, {}).threshold("best")).startswith("point=best: choose one of")
