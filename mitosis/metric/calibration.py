"""Calibration: whether a score of 0.8 is right in 8 of 10 cases."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

BINS = 10


@dataclass(frozen=True, eq=False)
class Reliability:
    """Scores in equal bins of [0, 1].

    Attributes:
        confidence: (b,) mean score of each bin; nan in an empty one.
        accuracy: (b,) share of mitotic figures in each bin; nan in an empty one.
        counts: (b,) candidates in each bin.
    """

    confidence: Float64[np.ndarray, " b"]
    accuracy: Float64[np.ndarray, " b"]
    counts: Int64[np.ndarray, " b"]

    @property
    def ece(self) -> float:
        """Expected calibration error: |accuracy − confidence| averaged over the candidates; nan without any.

        Source: Naeini et al. 2015, "Obtaining well calibrated probabilities using Bayesian binning".
        """
        if not (total := self.counts.sum()):
            return float("nan")
        gaps = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float((gaps * self.counts).sum() / total)


def reliability(scores: Float64[np.ndarray, " n"], mitotic: Bool[np.ndarray, " n"], bins: int = BINS) -> Reliability:
    """Sort candidates into bins by score; 1 belongs to the last bin.

    Args:
        scores: In [0, 1].
        mitotic: Whether each candidate is a mitotic figure.
        bins: Number of equal bins.
    """
    index = np.minimum((scores * bins).astype(np.int64), bins - 1)
    counts = np.bincount(index, minlength=bins).astype(np.int64)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(index, weights=scores, minlength=bins) / counts
        accuracy = np.bincount(index, weights=mitotic.astype(np.float64), minlength=bins) / counts
    return Reliability(confidence, accuracy, counts)
