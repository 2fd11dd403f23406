"""Scored points of one image."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64


@dataclass(frozen=True, eq=False)
class Detections:
    """The candidates of one image with their scores; the accepted ones are the mitotic figures.

    Attributes:
        points: (n, 2) float64 x, y in pixels of the image as given, 0-based from the top left.
        scores: (n,) in [0, 1], the classifier's probability; without a classifier the segmenter's mean probability.
        accepted: (n,) bool, True for mitotic figures.
        area_um2: (n,) area of the segmenter's component in µm².
        mpp: µm per pixel of the image as given.
    """

    points: Float64[np.ndarray, "n 2"]
    scores: Float[np.ndarray, " n"]
    accepted: Bool[np.ndarray, " n"]
    area_um2: Float[np.ndarray, " n"]
    mpp: float

    def __len__(self) -> int:
        """The number of accepted detections."""
        return int(self.accepted.sum())

    def mitoses(self) -> "Detections":
        """The accepted detections only."""
        keep = self.accepted
        return Detections(self.points[keep], self.scores[keep], keep[keep], self.area_um2[keep], self.mpp)
