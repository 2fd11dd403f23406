"""Counts of detections and mitotic figures at one threshold, and at every threshold."""

from dataclasses import dataclass
from functools import cached_property
from math import nan

import numpy as np
from jaxtyping import Float64, Int64

from mitosis.metric import statistics


@dataclass(frozen=True)
class Counts:
    """Counts of detections and mitotic figures over all fields.

    Attributes:
        tp: Mitotic figures detected.
        fp: False positives: ``predictions - tp``, or 0 if that is negative.
        fn: Mitotic figures missed.
        predictions: All detections.
        truths: All mitotic figures.
    """

    tp: int
    fp: int
    fn: int
    predictions: int
    truths: int

    @classmethod
    def of(cls, tp: int, predictions: int, truths: int) -> "Counts":
        """Derive the counts from true positives, detections and mitotic figures."""
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
    """Counts at every distinct score.

    Attributes:
        thresholds: (k,) distinct scores in descending order.
        tp: (k,) mitotic figures detected by the detections that score at least each threshold.
        predictions: (k,) the number of those detections.
        truths: Mitotic figures in all fields.
    """

    thresholds: Float64[np.ndarray, " k"]
    tp: Int64[np.ndarray, " k"]
    predictions: Int64[np.ndarray, " k"]
    truths: int

    @classmethod
    def of(cls, scores: Float64[np.ndarray, " n"], gained: Float64[np.ndarray, " g"], truths: int) -> "Curve":
        """The curve from the scores of all detections, and those at which a true positive is gained."""
        scores, thresholds = np.sort(scores), np.unique(scores)[::-1]
        predictions = len(scores) - np.searchsorted(scores, thresholds, side="left")
        tp = len(gained) - np.searchsorted(np.sort(gained), thresholds, side="left")
        return cls(thresholds, tp, predictions, truths)

    def counts(self, index: int) -> Counts:
        """The counts at the threshold ``index``."""
        return Counts.of(int(self.tp[index]), int(self.predictions[index]), self.truths)

    def at(self, thresholds: Float64[np.ndarray, " t"]) -> tuple[Int64[np.ndarray, " t"], Int64[np.ndarray, " t"]]:
        """``tp`` and ``predictions`` at other thresholds than its own."""
        accepted = np.searchsorted(-self.thresholds, -thresholds, side="right")  # distinct scores of at least each
        tp, predictions = (np.concatenate([[0], side])[accepted] for side in (self.tp, self.predictions))
        return tp, predictions

    @cached_property
    def average_precision(self) -> float:
        """Average precision: the sum of (R_i - R_{i-1}) P_i over descending thresholds, without interpolation.

        In [0, 1]; 0 without detections, nan without truths.
        """
        if not self.truths:
            return nan
        gained = np.diff(self.tp, prepend=0)
        precision = self.tp / np.maximum(self.predictions, self.tp)
        return float(np.cumsum(gained * precision)[-1] / self.truths) if len(gained) else 0.0

    @cached_property
    def best(self) -> tuple[float, Counts]:
        """The largest threshold with the highest F1 (see ``below``), and its counts; nan without detections."""
        if not len(self.thresholds):
            return nan, Counts.of(0, 0, self.truths)
        f1 = 2 * self.tp / (np.maximum(self.predictions, self.tp) + self.truths)
        index = int(np.argmax(f1))
        return below(self.thresholds, index), self.counts(index)


def below(thresholds: Float64[np.ndarray, " k"], index: int) -> float:
    """A threshold that accepts what the score ``index`` of (k,) descending ones accepts: halfway to the next, or to 0.

    The lowest accepted score itself would reject every detection that is by a hair less certain.
    """
    lower = thresholds[index + 1] if index + 1 < len(thresholds) else 0.0
    return float((thresholds[index] + lower) / 2)
