"""Candidates as local maxima of a smoothed probability map, one per mitotic figure."""

import cv2
import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.spatial import KDTree

from mitosis.inference.components import Candidates

FLOOR = 0.02
"""Lowest score of a local maximum: an untrained network yields thousands below it."""


def find_peaks(
    probability: Float[np.ndarray, "..."], *, threshold: float, sigma_um: float, radius_um: float, mpp: float
) -> Candidates:
    """Extract the local maxima of a smoothed probability map, the highest of each neighbourhood.

    The map is smoothed by a Gaussian; a pixel is a maximum if none within the square of side 2·``sigma_um`` around it
    is higher. In order of decreasing score, a maximum is dropped if a kept one lies within ``radius_um``: a figure
    whose map falls into two parts, such as an anaphase, is one candidate.

    Args:
        probability: (H, W) float in [0, 1].
        threshold: Smallest smoothed probability of a candidate.
        sigma_um: Standard deviation of the Gaussian in µm.
        radius_um: Smallest distance of two candidates in µm.
        mpp: µm per pixel of the map.

    Returns:
        The candidates in order of decreasing score: ``points`` interpolated to a fraction of a pixel, ``mean`` the
        smoothed probability, ``max`` the highest probability within ``sigma_um``, ``area_um2`` the integral of the
        probability over the square of side 2·``radius_um``, ``labels`` one pixel each.

    Raises:
        ValueError: The map has another shape or contains nan, or ``mpp`` is not positive.
    """
    if probability.ndim != 2:
        raise ValueError(f"the probability map has the shape {probability.shape}, not (H, W)")
    if np.isnan(probability).any():
        raise ValueError("the probability map holds nan")
    if not mpp > 0:
        raise ValueError(f"mpp is {mpp}; it must be positive")
    probability = np.ascontiguousarray(probability, dtype=np.float32)
    sigma = sigma_um / mpp
    smooth = cv2.GaussianBlur(probability, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    side = 2 * max(1, round(sigma)) + 1
    window = np.ones((side, side), np.uint8)
    rows, columns = np.nonzero((smooth >= cv2.dilate(smooth, window)) & (smooth >= threshold))
    score = smooth[rows, columns].astype(np.float64)
    order = np.lexsort((columns, rows, -score))  # ties from top left to bottom right
    points = np.stack([columns, rows], axis=1).astype(np.float64)[order]
    kept = order[_keep(points, radius_um / mpp)]
    rows, columns, score = rows[kept], columns[kept], score[kept]
    labels = np.zeros(probability.shape, dtype=np.int32)
    labels[rows, columns] = np.arange(1, len(kept) + 1)
    reach = 2 * max(1, round(radius_um / mpp)) + 1
    mass = cv2.boxFilter(probability, cv2.CV_32F, (reach, reach), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return Candidates(
        points=_refined(smooth, rows, columns),
        area_um2=mass[rows, columns].astype(np.float64) * mpp**2,
        mean=score,
        max=cv2.dilate(probability, window)[rows, columns].astype(np.float64),
        labels=labels,
    )


def _keep(points: Float64[np.ndarray, "n 2"], radius: float) -> Int64[np.ndarray, " k"]:
    """Indices of the points that no earlier kept point has within ``radius``."""
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    neighbours = KDTree(points).query_ball_point(points, radius)
    free = np.ones(len(points), dtype=bool)
    kept = []
    for index, near in enumerate(neighbours):
        if free[index]:
            kept.append(index)
            free[near] = False
    return np.array(kept, dtype=np.int64)


def _refined(
    smooth: Float[np.ndarray, "height width"], rows: Int64[np.ndarray, " n"], columns: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, "n 2"]:
    """The maxima of the parabolas through each maximum and its neighbours in x and in y, at most half a pixel away."""
    shifts = []
    bottom, right = np.array(smooth.shape) - 1
    at = smooth[rows, columns].astype(np.float64)
    for row, column in ((0, 1), (1, 0)):
        before = smooth[(rows - row).clip(0), (columns - column).clip(0)].astype(np.float64)
        after = smooth[(rows + row).clip(max=bottom), (columns + column).clip(max=right)].astype(np.float64)
        curvature = before - 2 * at + after
        flat = np.abs(curvature) < 1e-12
        shifts.append(np.where(flat, 0.0, 0.5 * (before - after) / np.where(flat, 1.0, curvature)).clip(-0.5, 0.5))
    points = np.stack([columns + shifts[0], rows + shifts[1]], axis=1).astype(np.float64)
    return points.clip(0, np.array(smooth.shape[::-1]) - 1.0)  # a maximum at the border stays inside
