"""Detections and mitoses counted at a threshold, and at every threshold."""

from dataclasses import dataclass
from functools import cached_property
from math import nan

import numpy as np
from jaxtyping import Float64

from mitosis.metric import statistics


@dataclass(frozen=True)
class Counts:
    """Detections and mitoses counted over all fields; fp is predictions - tp, and 0 where that is negative."""

    tp: int
    fp: int
    fn: int
    predictions: int
    truths: int

    @classmethod
    def of(cls, tp: int, predictions: int, truths: int) -> "Counts":
        """The counts that follow from the mitoses found, the predictions made and the mitoses present."""
        return cls(tp, max(predictions - tp, 0), truths - tp, predictions, truths)

    @property
    def precision(self) -> float:
        """TP / (TP + FP); nan without predictions."""
        return statistics.precision(self.tp, self.fp)

    @property
    def recall(self) -> float:
        """TP / (TP + FN); nan without truths."""
        return statistics.recall(self.tp, self.fn)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); nan with neither predictions nor truths."""
        return statistics.f1(self.tp, self.fp, self.fn)


@dataclass(frozen=True, eq=False)
class Curve:
    """Counts at every threshold that makes a difference.

    ``thresholds``: (k,) every distinct score, falling; ``points``: the counts of the detections at or above each;
    ``truths``: mitoses in all fields.
    """

    thresholds: Float64[np.ndarray, " k"]
    points: tuple[Counts, ...]
    truths: int

    @cached_property
    def average_precision(self) -> float:
        """Sum of (R_i - R_{i-1}) P_i over falling thresholds, not interpolated.

        In [0, 1]; 0 where nothing is detected, nan without truths.
        """
        if not self.truths:
            return nan
        before, total = 0, 0.0
        for point in self.points:
            total += (point.tp - before) * point.precision
            before = point.tp
        return total / self.truths

    @cached_property
    def best(self) -> tuple[float, Counts]:
        """The largest threshold that reaches the highest F1, and the counts there.

        Without detections the threshold is nan and nothing is found.
        """
        if not self.points:
            return nan, Counts.of(0, 0, self.truths)
        index = int(np.argmax([point.f1 for point in self.points]))
        return float(self.thresholds[index]), self.points[index]
