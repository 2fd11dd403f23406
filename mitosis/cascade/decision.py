"""How the scores of both stages become one, and where it is cut: fitted on candidates that no network has seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit

from mitosis.errors import InputError
from mitosis.metric.counts import Counts, Curve, below

POINTS = {"balanced": 1.0, "high_recall": 2.0, "high_precision": 0.5}
"""Operating point → β of the mean Fβ that it maximises: recall counts β times as much as precision."""
EDGE = 1e-4
RIDGE = 1e-2


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and what it costs on unseen fields.

    Attributes:
        threshold: Candidates that score at least this are mitotic figures.
        precision: Share of mitotic figures among the detections.
        recall: Share of the mitotic figures that are detected.
        f1: 2 · precision · recall / (precision + recall).
        false_per_mm2: False alarms per mm² of tissue.
    """

    threshold: float
    precision: float
    recall: float
    f1: float
    false_per_mm2: float


@dataclass(frozen=True)
class Decision:
    """The joint score of both stages, and its operating points.

    The score is σ(a + b₁ · logit p₁ + b₂ · logit p₂), where p₁ is the segmenter's score of a candidate and p₂ the
    classifier's.

    Attributes:
        coefficients: a, b₁, b₂.
        symmetries: Symmetries of the square over which the classifier's probabilities are averaged: 1 or 8.
        points: Operating point → threshold and costs.
        alone: The balanced operating point of the segmenter's scores alone; None if it was not measured.
        rule: The matching rule and the fields of the costs, in words.
    """

    coefficients: tuple[float, float, float]
    symmetries: int
    points: Mapping[str, OperatingPoint]
    alone: OperatingPoint | None = None
    rule: str = ""

    def score(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The joint score of candidates, (n,) in [0, 1], from their scores (n,) of stage one and of stage two."""
        return expit(_design(first, second) @ np.array(self.coefficients))

    def threshold(self, point: str) -> float:
        """The threshold of an operating point; ``InputError`` if it is unknown."""
        if point not in self.points:
            raise InputError(f"point={point}: choose one of {', '.join(self.points)}")
        return self.points[point].threshold

    def data(self) -> dict[str, Any]:
        """The decision as plain data."""
        return asdict(self) | {"coefficients": list(self.coefficients)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Decision":
        """The decision described by plain data, as ``data`` returns it; ``ValueError`` for values out of range."""
        points = {name: OperatingPoint(**point) for name, point in data["points"].items()}
        a, first, second = data["coefficients"]
        alone = OperatingPoint(**data["alone"]) if data["alone"] else None
        if "balanced" not in points:
            raise ValueError("no point is balanced")
        if not all(map(math.isfinite, (a, first, second))) or data["symmetries"] not in (1, 8):
            raise ValueError("coefficients or symmetries are out of range")
        if not all(0 <= point.threshold <= 1 for point in points.values()):
            raise ValueError("a threshold lies outside of 0 to 1")
        return cls((a, first, second), data["symmetries"], points, alone, data["rule"])


def fit_coefficients(first: np.ndarray, second: np.ndarray, mitosis: np.ndarray) -> tuple[float, float, float]:
    """Fit a logistic regression of the label on the logits of both stages' scores.

    A weak ridge keeps the coefficients finite where the stages separate the classes perfectly.

    Args:
        first: The segmenter's scores in [0, 1].
        second: The classifier's.
        mitosis: Whether each candidate is a mitotic figure.

    Returns:
        a, b₁, b₂, with b₁, b₂ ≥ 0: a higher score never counts against a candidate.

    Raises:
        InputError: There is no mitotic figure among the candidates, or nothing else.
    """
    if mitosis.all() or not mitosis.any():
        raise InputError(
            f"{int(mitosis.sum())} of {len(mitosis)} unseen candidates are mitotic figures: the stages' scores cannot"
            " be joined without both kinds; train the segmenter longer"
        )
    from scipy.optimize import minimize  # half a second that only fitting needs

    design, sign = _design(first, second), np.where(mitosis, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (design @ weights)
        gradient = -(design.T @ (sign * expit(-margin))) + RIDGE * weights * [0, 1, 1]
        return float(np.logaddexp(0, -margin).sum() + 0.5 * RIDGE * (weights[1:] ** 2).sum()), gradient

    bounds = [(None, None), (0, None), (0, None)]
    fitted = minimize(loss, np.array([0.0, 0.5, 0.5]), jac=True, method="L-BFGS-B", bounds=bounds)
    a, b1, b2 = fitted.x.tolist()
    return a, b1, b2


def operating_points(curves: Sequence[Curve], area_mm2: float) -> dict[str, OperatingPoint]:
    """The operating points on curves of counts over unseen patients.

    Each is the threshold with the highest mean Fβ of a patient, because it is used on new patients: with few of them,
    the pooled counts follow the one who has most mitotic figures, and the threshold suits nobody else.

    Args:
        curves: The counts of each patient at every distinct score.
        area_mm2: Area of all their fields in mm².

    Returns:
        Operating point → threshold, and its costs over all patients pooled.

    Raises:
        InputError: No patient has a candidate, or none has a mitotic figure, or no candidate is right.
    """
    thresholds = np.unique(np.concatenate([np.zeros(0), *(curve.thresholds for curve in curves)]))[::-1]
    truths = sum(curve.truths for curve in curves)
    if not len(thresholds) or not truths:
        raise InputError("the unseen fields hold no candidate or no mitotic figure: no threshold can be chosen")
    sides = [curve.at(thresholds) for curve in curves]
    tp, predictions = (np.sum(side, axis=0) for side in zip(*sides, strict=True))
    points = {}
    for name, beta in POINTS.items():
        scores = [_f_beta(*side, curve.truths, beta) for side, curve in zip(sides, curves, strict=True)]
        best = int(np.argmax(np.mean(scores, axis=0)))
        counts = Counts.of(int(tp[best]), int(predictions[best]), truths)
        if not counts.tp:
            raise InputError("no candidate of the unseen fields is right: no threshold can be chosen")
        points[name] = OperatingPoint(
            threshold=below(thresholds, best),
            precision=counts.precision,
            recall=counts.recall,
            f1=counts.f1,
            false_per_mm2=counts.fp / area_mm2,
        )
    return points


def _f_beta(tp: np.ndarray, predictions: np.ndarray, truths: int, beta: float) -> np.ndarray:
    """Fβ of one patient at every threshold; 1 where there is nothing to detect and nothing is detected."""
    weight = beta**2
    total = weight * truths + np.maximum(predictions, tp)
    return np.where(total > 0, (1 + weight) * tp / np.maximum(total, 1), 1.0)


def _design(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    logits = [logit(np.clip(np.asarray(score, dtype=np.float64), EDGE, 1 - EDGE)) for score in (first, second)]
    return np.column_stack([np.ones(len(logits[0])), *logits])
