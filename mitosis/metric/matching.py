"""Which detection found which mitosis: points × points × a radius → pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
from jaxtyping import Bool, Float64, Int, Int64, Num
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from mitosis.errors import InputError

METHODS = {
    "optimal": "one to one, optimal",
    "greedy": "one to one, greedy in annotation order",
    "shared": "predictions not used up",
}


@dataclass(frozen=True, eq=False)
class Reach:
    """Every (prediction, truth) within the radius of each other; the graph in which pairs are chosen.

    ``prediction``, ``truth``: (e,) indices; ``distance``: (e,) pixels. Ordered by truth, then distance, then the
    prediction's x and y, so that a tie does not depend on the order of the predictions.
    """

    prediction: Int64[np.ndarray, " e"]
    truth: Int64[np.ndarray, " e"]
    distance: Float64[np.ndarray, " e"]

    def where(self, keep: Bool[np.ndarray, " e"] | Int[np.ndarray, " k"]) -> "Reach":
        """The part selected by ``keep``, (e,) bool or indices."""
        return Reach(self.prediction[keep], self.truth[keep], self.distance[keep])

    def components(self) -> Iterator["Reach"]:
        """The connected parts: no choice in one touches another, so each is solved alone."""
        if not len(self.truth):
            return
        size = int(max(self.prediction.max(), self.truth.max())) + 1
        ones = np.ones(len(self.truth), dtype=np.int8)
        graph = coo_array((ones, (self.prediction, size + self.truth)), shape=(2 * size, 2 * size))
        part = connected_components(graph, directed=False)[1][self.prediction]
        order = np.argsort(part, kind="stable")
        for keep in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
            yield self.where(keep)


@dataclass(frozen=True, eq=False)
class Pairs:
    """What one field's detections are worth.

    ``pairs``: (tp, 2) int64, prediction index and truth index, by rising truth; ``tp``: truths found; ``fp``:
    predictions that found none (a second one on a found truth among them); ``fn``: truths missed.
    """

    pairs: Int64[np.ndarray, "tp 2"]
    tp: int
    fp: int
    fn: int


@dataclass(frozen=True)
class Matching:
    """A rule that says when a detection has found a mitosis.

    ``radius`` in ``unit`` ("um" or "px"), ``inclusive``: a distance equal to the radius counts. ``method``:

    - "optimal": one to one; the largest possible number of pairs, and among those the smallest total distance.
    - "greedy": one to one; each truth, in the order given, takes the nearest prediction not yet taken. This is MIDOG's
      official scorer; its result depends on the order of the truths and may miss a pair that exists.
    - "shared": each truth is found if any prediction is near enough; one prediction may find several. TP is the number
      of truths found, precision TP / predictions; FP is therefore predictions − TP, and 0 where that is negative.

    Raises InputError for a radius that is not positive or an unknown unit or method.
    """

    name: str
    radius: float
    unit: str = "um"
    inclusive: bool = True
    method: str = "optimal"

    def __post_init__(self) -> None:
        if not (isfinite(self.radius) and self.radius > 0):
            raise InputError(f"matching.radius={self.radius}: give a positive number")
        if self.unit not in ("um", "px"):
            raise InputError(f"matching.unit={self.unit}: give um or px")
        if self.method not in METHODS:
            raise InputError(f"matching.method={self.method}: give one of {', '.join(METHODS)}")

    def radius_px(self, mpp: float) -> float:
        """The radius in pixels of a field with ``mpp`` µm per pixel."""
        return self.radius / mpp if self.unit == "um" else self.radius

    def radius_um(self, mpp: float) -> float:
        """The radius in µm in a field with ``mpp`` µm per pixel."""
        return self.radius if self.unit == "um" else self.radius * mpp

    def describe(self, mpp: float) -> str:
        """One line, as ``icpr2012: one to one, optimal, distance <= 5 µm (20.4 px at 0.2456 µm/px)``."""
        if self.unit == "um":
            own, other = f"{self.radius:g} µm", f"{self.radius_px(mpp):.3g} px"
        else:
            own, other = f"{self.radius:g} px", f"{self.radius_um(mpp):.3g} µm"
        sign = "<=" if self.inclusive else "<"
        return f"{self.name}: {METHODS[self.method]}, distance {sign} {own} ({other} at {mpp:g} µm/px)"

    def reach(self, points: Num[np.ndarray, "..."], truths: Num[np.ndarray, "..."], mpp: float) -> Reach:
        """All pairs near enough to count; arguments as in calling the rule."""
        points, truths = checked(points, "points"), checked(truths, "truths")
        if not (isfinite(mpp) and mpp > 0):
            raise ValueError(f"mpp is {mpp}; it must be positive")
        if not (len(points) and len(truths)):
            return Reach(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        slack = self.radius_px(mpp) * (1 + 1e-9)  # the tree only preselects; the rule itself is applied below
        near = KDTree(points).sparse_distance_matrix(KDTree(truths), slack, output_type="ndarray")
        prediction, truth = near["i"].astype(np.int64), near["j"].astype(np.int64)
        distance = np.hypot(*(points[prediction] - truths[truth]).T)
        length = distance * mpp if self.unit == "um" else distance
        keep = length <= self.radius if self.inclusive else length < self.radius
        x, y = points[prediction].T
        order = np.lexsort((y, x, distance, truth))
        return Reach(prediction, truth, distance).where(order[keep[order]])

    def pair(self, reach: Reach) -> Int64[np.ndarray, "k 2"]:
        """The pairs that the rule makes in ``reach``: (k, 2) int64, prediction and truth, by rising truth."""
        if self.method == "optimal":
            pairs = [pair for part in reach.components() for pair in _optimal(part)]
        else:
            pairs = _in_order(reach, exclusive=self.method == "greedy")
        return np.array(sorted(pairs, key=lambda pair: pair[1]), dtype=np.int64).reshape(-1, 2)

    def __call__(self, points: Num[np.ndarray, "..."], truths: Num[np.ndarray, "..."], mpp: float) -> Pairs:
        """Match one field's detections to its mitoses.

        ``points``: (n, 2) x, y in pixels; ``truths``: (m, 2) likewise; ``mpp``: µm per pixel.
        Raises ValueError for another shape, a coordinate that is nan or infinite, or an ``mpp`` that is not positive.

        Two mitoses 8 µm apart and a detection 3 µm from the first and 5 µm from the second: it can find only one.

        >>> import numpy as np
        >>> matching = Matching("example", radius=5.0, unit="um")
        >>> result = matching(np.array([[112.0, 100.0]]), np.array([[100.0, 100.0], [132.0, 100.0]]), mpp=0.25)
        >>> result.pairs.tolist(), (result.tp, result.fp, result.fn)
        ([[0, 0]], (1, 0, 1))
        """
        pairs = self.pair(self.reach(points, truths, mpp))
        tp = len(pairs)
        return Pairs(pairs, tp, max(len(points) - tp, 0), len(truths) - tp)


def checked(points: Num[np.ndarray, "..."], name: str) -> Float64[np.ndarray, "n 2"]:
    """``points`` as (n, 2) float64; ValueError when they are not that, or not finite."""
    points = np.asarray(points, dtype=np.float64)
    if points.size == 0:
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"{name} have the shape {points.shape}, not (n, 2)")
    if not np.isfinite(points).all():
        raise ValueError(f"{name} hold a coordinate that is nan or infinite")
    return points


def _in_order(reach: Reach, exclusive: bool) -> Iterator[tuple[int, int]]:
    used: set[int] = set()
    paired: set[int] = set()
    for prediction, truth in zip(reach.prediction.tolist(), reach.truth.tolist(), strict=True):
        if truth not in paired and not (exclusive and prediction in used):
            paired.add(truth)
            used.add(prediction)
            yield prediction, truth


def _optimal(part: Reach) -> Iterator[tuple[int, int]]:
    if len(part.truth) == 1:
        yield int(part.prediction[0]), int(part.truth[0])
        return
    predictions, row = np.unique(part.prediction, return_inverse=True)
    truths, column = np.unique(part.truth, return_inverse=True)
    # Leaving a pair out must cost more than all distances together, or two short pairs would beat three long ones.
    gate = (min(len(predictions), len(truths)) + 1) * (part.distance.max() + 1)
    cost = np.full((len(predictions), len(truths)), gate)
    cost[row, column] = part.distance
    for i, j in zip(*linear_sum_assignment(cost), strict=True):
        if cost[i, j] < gate:
            yield int(predictions[i]), int(truths[j])
