"""Matching in its plain form, as a reference: every distance is computed, and every threshold is matched anew."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from mitosis.metric.counts import Counts
from mitosis.metric.matching import Matching


def plain_pairs(matching: Matching, points: np.ndarray, truths: np.ndarray, mpp: float) -> list[tuple[int, int]]:
    """The pairs of prediction and truth, in ascending order of truth."""
    if not (len(points) and len(truths)):
        return []
    offset = points[:, None] - truths[None]
    distance = np.hypot(offset[..., 0], offset[..., 1])
    length = distance * mpp if matching.unit == "um" else distance
    near = length <= matching.radius if matching.inclusive else length < matching.radius
    if matching.method == "optimal":
        gate = (min(near.shape) + 1) * (distance.max() + 1)
        found = zip(*linear_sum_assignment(np.where(near, distance, gate)), strict=True)
        return sorted(((int(i), int(j)) for i, j in found if near[i, j]), key=lambda pair: pair[1])
    pairs, used = [], set()
    for j in range(len(truths)):
        order = np.lexsort((points[:, 1], points[:, 0], distance[:, j]))
        free = [int(i) for i in order if near[i, j] and (matching.method == "shared" or i not in used)]
        if free:
            used.add(free[0])
            pairs.append((free[0], j))
    return pairs


def plain_curve(matching: Matching, fields: list[tuple]) -> list[tuple[float, Counts]]:
    """Each distinct score in descending order with its counts; ``fields``: (points, scores, truths, mpp)."""
    curve = []
    for threshold in sorted({float(score) for _, scores, _, _ in fields for score in scores}, reverse=True):
        tp = predictions = 0
        for points, scores, truths, mpp in fields:
            kept = points[scores >= threshold]
            tp += len(plain_pairs(matching, kept, truths, mpp))
            predictions += len(kept)
        curve.append((threshold, Counts.of(tp, predictions, sum(len(truths) for _, _, truths, _ in fields))))
    return curve
