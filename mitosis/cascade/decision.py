"""How the scores of both stages become one, and where it is cut: fitted on candidates that no network has seen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from mitosis.errors import InputError
from mitosis.metric.counts import Counts, Curve

POINTS = {"balanced": 1.0, "high_recall": 2.0, "high_precision": 0.5}
"""Operating point → β of the Fβ that it maximises: recall counts β times as much as precision."""
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
        """The joint score of candidates, (n,) in [0, 1], from the scores (n,) of both stages."""
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
        """The decision described by plain data, as ``data`` returns it."""
        points = {name: OperatingPoint(**point) for name, point in data["points"].items()}
        a, first, second = data["coefficients"]
        alone = OperatingPoint(**data["alone"]) if data["alone"] else None
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
    design, sign = _design(first, second), np.where(mitosis, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (design @ weights)
        gradient = -(design.T @ (sign * expit(-margin))) + RIDGE * weights * [0, 1, 1]
        return float(np.logaddexp(0, -margin).sum() + 0.5 * RIDGE * (weights[1:] ** 2).sum()), gradient

    bounds = [(None, None), (0, None), (0, None)]
    fitted = minimize(loss, np.array([0.0, 0.5, 0.5]), jac=True, method="L-BFGS-B", bounds=bounds)
    a, b1, b2 = fitted.x.tolist()
    return a, b1, b2


def operating_points(curve: Curve, area_mm2: float) -> dict[str, OperatingPoint]:
    """The operating points on a curve of counts over unseen fields.

    A threshold lies halfway between the lowest score that it accepts and the next lower one: the lowest accepted score
    itself would reject every candidate that is by a hair less certain.

    Args:
        curve: Counts at every distinct score.
        area_mm2: Area of the fields in mm².

    Returns:
        Operating point → threshold and costs.

    Raises:
        InputError: No F1 is defined, or there is no candidate.
    """
    if not len(curve.thresholds) or not curve.truths:
        raise InputError("the unseen fields hold no candidate or no mitotic figure: no threshold can be chosen")
    points = {}
    for name, beta in POINTS.items():
        best = max(range(len(curve.thresholds)), key=lambda index: _f_beta(curve.counts(index), beta))
        lower = curve.thresholds[best + 1] if best + 1 < len(curve.thresholds) else 0.0
        counts = curve.counts(best)
        points[name] = OperatingPoint(
            threshold=float((curve.thresholds[best] + lower) / 2),
            precision=counts.precision,
            recall=counts.recall,
            f1=counts.f1,
            false_per_mm2=counts.fp / area_mm2,
        )
    return points


def _f_beta(counts: Counts, beta: float) -> float:
    weight = beta**2
    return (1 + weight) * counts.tp / max(1e-9, (1 + weight) * counts.tp + weight * counts.fn + counts.fp)


def _design(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    logits = [logit(np.clip(np.asarray(score, dtype=np.float64), EDGE, 1 - EDGE)) for score in (first, second)]
    return np.column_stack([np.ones(len(logits[0])), *logits])
