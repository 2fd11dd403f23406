"""Candidates from a probability map, and their labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float, Float64, Int, Int32, Int64, Num


@dataclass(frozen=True)
class CandidateSettings:
    """How candidates are extracted from a probability map: the recipe's ``candidate``.

    Attributes:
        threshold: A probability, ``auto`` (the largest threshold whose recall on val is at least ``recall``) or ``f1``
            (the threshold with the best F1 on val).
        recall: The recall that ``auto`` must reach, in [0, 1].
        min_area_um2: Smallest area in µm²; components up to this area are dropped.
        method: ``components`` of the thresholded map, or ``peaks``: local maxima of the smoothed map.
        sigma_um: Of peaks: standard deviation of the smoothing in µm.
        radius_um: Of peaks: smallest distance of two candidates in µm.
        edge_um: Candidates nearer than this to the edge of the image, in µm, are dropped.
    """

    threshold: float | str
    recall: float
    min_area_um2: float
    method: Literal["components", "peaks"] = "components"
    sigma_um: float = 1.0
    radius_um: float = 6.0
    edge_um: float = 0.0


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of one field: connected components of its probability map.

    Attributes:
        points: (n, 2) float64 x, y of the centroids in pixels.
        area_um2: (n,) area in µm².
        mean: (n,) mean probability of the component, in [0, 1].
        max: (n,) highest probability of the component, in [0, 1].
        labels: (H, W) int32, i + 1 on the pixels of candidate i, 0 elsewhere.
    """

    points: Float64[np.ndarray, "n 2"]
    area_um2: Float64[np.ndarray, " n"]
    mean: Float64[np.ndarray, " n"]
    max: Float64[np.ndarray, " n"]
    labels: Int32[np.ndarray, "height width"]

    def __len__(self) -> int:
        return len(self.points)

    def away_from_edge(self, distance: float) -> "Candidates":
        """Those whose centroids lie at least ``distance`` pixels inside the outermost pixels of the map."""
        last = np.array(self.labels.shape[::-1]) - 1.0
        inside = (np.minimum(self.points, last - self.points) >= distance).all(axis=1)
        rename = np.concatenate([[0], np.where(inside, np.cumsum(inside), 0)]).astype(np.int32)
        points, area_um2, mean, high = (side[inside] for side in (self.points, self.area_um2, self.mean, self.max))
        return Candidates(points, area_um2, mean, high, rename[self.labels])


def extract(probability: Float[np.ndarray, "..."], *, threshold: float, min_area_um2: float, mpp: float) -> Candidates:
    """Extract the 8-connected components of a thresholded probability map.

    Args:
        probability: (H, W) float in [0, 1].
        threshold: Pixels with at least this probability are foreground.
        min_area_um2: Area in µm²; only larger components are kept.
        mpp: µm per pixel of the map.

    Returns:
        The components as candidates.

    Raises:
        ValueError: The map has another shape or contains nan, or ``mpp`` is not positive.

    Source:
        SCMitosis (section 3.1.4) keeps areas above 100 pixels, which is 6.25 µm² at 0.25 µm per pixel.
    """
    if probability.ndim != 2:
        raise ValueError(f"the probability map has the shape {probability.shape}, not (H, W)")
    if np.isnan(probability).any():
        raise ValueError("the probability map holds nan")
    if not mpp > 0:
        raise ValueError(f"mpp is {mpp}; it must be positive")
    above = (probability >= threshold).astype(np.uint8)
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(above, connectivity=8, ltype=cv2.CV_32S)
    area_um2 = stats[:, cv2.CC_STAT_AREA] * mpp**2
    kept = np.flatnonzero(area_um2 > min_area_um2)
    kept = kept[kept > 0]  # component 0 is the background
    rename = np.zeros(count, dtype=np.int32)
    rename[kept] = np.arange(1, len(kept) + 1)
    labels = rename[labels.astype(np.int32, copy=False)]
    inside = labels > 0
    component, value = labels[inside] - 1, probability[inside].astype(np.float64)
    size = np.bincount(component, minlength=len(kept))
    highest = np.zeros(len(kept))
    np.maximum.at(highest, component, value)
    mean = np.bincount(component, weights=value, minlength=len(kept)) / size
    return Candidates(centroids[kept].astype(np.float64), area_um2[kept], mean, highest, labels)


def label_candidates(
    candidates: Candidates,
    pairs: Int[np.ndarray, "k 2"],
    truths: Num[np.ndarray, "m 2"],
    figures: Sequence[Int[np.ndarray, "_ 2"]],
    radius_px: float,
) -> Int64[np.ndarray, " n"]:
    """Label the candidates of a field for the classifier.

    A matched candidate is positive. An unmatched one is ignored if it touches a pixel of any mitotic figure, or if its
    centroid lies within ``radius_px`` of a matched figure's centroid: it is then another part of a figure that has
    been detected (an anaphase often splits into two components). All others are negatives.

    Args:
        candidates: The candidates of the field, n of them.
        pairs: (k, 2) int, indices of matched candidate and truth.
        truths: (m, 2) x, y centroids of the mitotic figures in pixels.
        figures: For each truth its pixels, (p, 2) int x, y inside the field.
        radius_px: Matching radius in pixels.

    Returns:
        (n,) int64: 1 positive, 0 negative, -1 ignored.

    Raises:
        ValueError: ``truths`` and ``figures`` differ in length.
    """
    if len(truths) != len(figures):
        raise ValueError(f"{len(truths)} truths, but the pixels of {len(figures)}")
    result = np.zeros(len(candidates), dtype=np.int64)
    for pixels in figures:
        touched = np.unique(candidates.labels[pixels[:, 1], pixels[:, 0]])
        result[touched[touched > 0] - 1] = -1
    matched = np.asarray(truths, dtype=np.float64).reshape(-1, 2)[pairs[:, 1]]
    offset = candidates.points[:, None] - matched[None]
    result[(np.hypot(offset[..., 0], offset[..., 1]) <= radius_px).any(axis=1)] = -1
    result[pairs[:, 0]] = 1
    return result
