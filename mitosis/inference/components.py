"""From a probability map to candidates, from candidates to their labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float64, Int, Int32, Int64, Num


@dataclass(frozen=True)
class CandidateSettings:
    """Which parts of a probability map become candidates: a recipe's ``candidate``.

    ``threshold``: a probability, ``auto`` (the largest whose recall on val is at least ``recall``) or ``f1`` (that of
    the best F1 on val). ``min_area_um2``: smaller parts are dropped.
    """

    threshold: float | str
    recall: float
    min_area_um2: float


@dataclass(frozen=True, eq=False)
class Candidates:
    """The connected parts of one field's probability map that are large enough.

    ``points``: (n, 2) float64 x, y, the mean of a part's pixels; ``area_um2``: (n,) µm²; ``mean``, ``max``: (n,)
    probability over its pixels, in [0, 1]; ``labels``: (H, W) int32, i + 1 on the pixels of row i, 0 elsewhere.
    """

    points: Float64[np.ndarray, "n 2"]
    area_um2: Float64[np.ndarray, " n"]
    mean: Float64[np.ndarray, " n"]
    max: Float64[np.ndarray, " n"]
    labels: Int32[np.ndarray, "height width"]

    def __len__(self) -> int:
        return len(self.points)


def extract(probability: Float[np.ndarray, "..."], *, threshold: float, min_area_um2: float, mpp: float) -> Candidates:
    """The 8-connected parts of ``probability`` ≥ ``threshold`` whose area is larger than ``min_area_um2``.

    ``probability``: (H, W) float in [0, 1]; ``mpp``: µm per pixel. SCMitosis (section 3.1.4) keeps areas above 100
    pixels, 6.25 µm² at 0.25 µm per pixel. Raises ValueError for another shape, nan in the map, or an ``mpp`` that is
    not positive.
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
    kept = kept[kept > 0]  # part 0 is the background
    rename = np.zeros(count, dtype=np.int32)
    rename[kept] = np.arange(1, len(kept) + 1)
    labels = rename[labels.astype(np.int32, copy=False)]
    inside = labels > 0
    part, value = labels[inside] - 1, probability[inside].astype(np.float64)
    size = np.bincount(part, minlength=len(kept))
    highest = np.zeros(len(kept))
    np.maximum.at(highest, part, value)
    mean = np.bincount(part, weights=value, minlength=len(kept)) / size
    return Candidates(centroids[kept].astype(np.float64), area_um2[kept], mean, highest, labels)


def label_candidates(
    candidates: Candidates,
    pairs: Int[np.ndarray, "k 2"],
    truths: Num[np.ndarray, "m 2"],
    figures: Sequence[Int[np.ndarray, "_ 2"]],
    radius_px: float,
) -> Int64[np.ndarray, " n"]:
    """What each candidate of a field is to a classifier: (n,) int64, 1 mitosis, 0 negative, -1 to be ignored.

    ``pairs``: (k, 2) matched candidate and truth; ``truths``: (m, 2) centroids x, y; ``figures``: of each truth all
    pixels, (p, 2) int x, y inside the field. Matched candidates are 1. An unmatched one is -1, neither, where it
    touches a pixel of any truth, or its centroid lies within ``radius_px`` of a matched truth's: there it is a further
    part of a mitosis that was found (anaphases fall into several parts). All others are 0.
    Raises ValueError when ``truths`` and ``figures`` differ in length.
    """
    if len(truths) != len(figures):
        raise ValueError(f"{len(truths)} truths, but the pixels of {len(figures)}")
    result = np.zeros(len(candidates), dtype=np.int64)
    for pixels in figures:
        touched = np.unique(candidates.labels[pixels[:, 1], pixels[:, 0]])
        result[touched[touched > 0] - 1] = -1
    matched = np.asarray(truths, dtype=np.float64).reshape(-1, 2)[pairs[:, 1]]
    between = candidates.points[:, None] - matched[None]
    result[(np.hypot(between[..., 0], between[..., 1]) <= radius_px).any(axis=1)] = -1
    result[pairs[:, 0]] = 1
    return result
