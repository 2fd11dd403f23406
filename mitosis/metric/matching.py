"""Matching of detections to mitotic figures within a radius."""

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
    """All pairs of prediction and truth within the radius: the edges of the graph to be matched.

    The edges are sorted by truth, then distance, then the prediction's x and y, so that ties do not depend on the order
    of the predictions.

    Attributes:
        prediction: (e,) int, indices of predictions.
        truth: (e,) int, indices of truths.
        distance: (e,) distances in pixels.
    """

    prediction: Int64[np.ndarray, " e"]
    truth: Int64[np.ndarray, " e"]
    distance: Float64[np.ndarray, " e"]

    def where(self, keep: Bool[np.ndarray, " e"] | Int[np.ndarray, " k"]) -> "Reach":
        """The edges selected by ``keep``, a boolean mask (e,) or indices."""
        return Reach(self.prediction[keep], self.truth[keep], self.distance[keep])

    def components(self) -> Int64[np.ndarray, " e"]:
        """The connected component of each edge, numbered from 0; components can be matched independently."""
        if not len(self.truth):
            return np.zeros(0, np.int64)
        size = int(max(self.prediction.max(), self.truth.max())) + 1
        ones = np.ones(len(self.truth), dtype=np.int8)
        graph = coo_array((ones, (self.prediction, size + self.truth)), shape=(2 * size, 2 * size))
        component = connected_components(graph, directed=False)[1][self.prediction]
        return np.unique(component, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The matching of one field.

    Attributes:
        pairs: (tp, 2) int64, indices of prediction and truth, in ascending order of truth.
        tp: Truths detected.
        fp: Unmatched predictions, including a second one on the same truth.
        fn: Truths missed.
    """

    pairs: Int64[np.ndarray, "tp 2"]
    tp: int
    fp: int
    fn: int


@dataclass(frozen=True)
class Matching:
    """A rule that matches detections to mitotic figures.

    The methods:

    - "optimal": one to one; as many pairs as possible, and among those matchings the smallest total distance.
    - "greedy": one to one; each truth, in the given order, takes the nearest unused prediction. This is MIDOG's
      official scorer; its result depends on the order of the truths, and it may find fewer pairs than possible.
    - "shared": a truth counts as detected if any prediction lies within the radius, and one prediction may detect
      several truths. TP counts truths, so precision is TP / predictions, and FP is predictions − TP, at least 0.

    Args:
        name: Name of the rule in reports.
        radius: Largest distance between a detection and a mitotic figure, in ``unit``.
        unit: "um" or "px".
        inclusive: Whether a distance equal to the radius counts.
        method: "optimal", "greedy" or "shared".

    Raises:
        InputError: The radius is not positive, or the unit or the method is unknown.
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
        """The radius in pixels at ``mpp`` µm per pixel."""
        return self.radius / mpp if self.unit == "um" else self.radius

    def radius_um(self, mpp: float) -> float:
        """The radius in µm at ``mpp`` µm per pixel."""
        return self.radius if self.unit == "um" else self.radius * mpp

    def describe(self, mpp: float) -> str:
        """One line such as ``icpr2012: one to one, optimal, distance <= 5 µm (20.4 px at 0.2456 µm/px)``."""
        if self.unit == "um":
            own, other = f"{self.radius:g} µm", f"{self.radius_px(mpp):.3g} px"
        else:
            own, other = f"{self.radius:g} px", f"{self.radius_um(mpp):.3g} µm"
        sign = "<=" if self.inclusive else "<"
        return f"{self.name}: {METHODS[self.method]}, distance {sign} {own} ({other} at {mpp:g} µm/px)"

    def reach(self, points: Num[np.ndarray, "..."], truths: Num[np.ndarray, "..."], mpp: float) -> Reach:
        """All pairs within the radius; takes the same arguments as ``__call__``."""
        points, truths = checked(points, "points"), checked(truths, "truths")
        if not (isfinite(mpp) and mpp > 0):
            raise ValueError(f"mpp is {mpp}; it must be positive")
        if not (len(points) and len(truths)):
            return Reach(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        reach_px = self.radius_px(mpp) * (1 + 1e-9)  # the tree only preselects; the exact rule is applied below
        near = KDTree(points).sparse_distance_matrix(KDTree(truths), reach_px, output_type="ndarray")
        prediction, truth = near["i"].astype(np.int64), near["j"].astype(np.int64)
        distance = np.hypot(*(points[prediction] - truths[truth]).T)
        length = distance * mpp if self.unit == "um" else distance
        keep = length <= self.radius if self.inclusive else length < self.radius
        x, y = points[prediction].T
        order = np.lexsort((y, x, distance, truth))
        return Reach(prediction, truth, distance).where(order[keep[order]])

    def pair(self, reach: Reach) -> Int64[np.ndarray, "k 2"]:
        """Match the edges of ``reach``: (k, 2) int64, indices of prediction and truth, in ascending order of truth."""
        if self.method == "optimal":
            pairs = _optimal(reach)
        else:
            pairs = np.array([*_in_order(reach, self.method == "greedy")], dtype=np.int64).reshape(-1, 2)
        return pairs[np.argsort(pairs[:, 1], kind="stable")]

    def __call__(self, points: Num[np.ndarray, "..."], truths: Num[np.ndarray, "..."], mpp: float) -> Pairs:
        """Match one field's detections to its mitotic figures.

        Args:
            points: (n, 2) x, y of the detections in pixels.
            truths: (m, 2) x, y of the mitotic figures in pixels.
            mpp: µm per pixel of the field.

        Returns:
            The matched pairs and their counts.

        Raises:
            ValueError: An array has another shape or contains nan or infinity, or ``mpp`` is not positive.

        Two mitotic figures 8 µm apart, and a detection 3 µm from the first and 5 µm from the second: it matches only
        the first.

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
    """``points`` as a (n, 2) float64 array; ValueError if the shape differs or a coordinate is not finite."""
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


def _optimal(reach: Reach) -> Int64[np.ndarray, "k 2"]:
    """The pairs of the optimal matching.

    Nearly all components have one prediction or one truth; their shortest edge is found for all of them at once.
    """
    component = reach.components()
    count = int(component.max(initial=-1)) + 1
    sides = [np.unique(side, return_index=True)[1] for side in (reach.prediction, reach.truth)]
    fewer = np.minimum(*(np.bincount(component[first], minlength=count) for first in sides))
    edges = reach.where(order := np.lexsort((reach.truth, reach.prediction, reach.distance, component)))
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    ends = np.append(starts[1:], len(order))
    shortest = edges.where(starts[fewer == 1])
    others = [
        pair
        for start, end in zip(starts[fewer > 1], ends[fewer > 1], strict=True)
        for pair in _assigned(edges.where(np.arange(start, end)))
    ]
    alone = np.column_stack([shortest.prediction, shortest.truth])
    return np.concatenate([alone, np.array(others, dtype=np.int64).reshape(-1, 2)])


def _assigned(part: Reach) -> Iterator[tuple[int, int]]:
    """The pairs of the optimal matching of one component."""
    predictions, row = np.unique(part.prediction, return_inverse=True)
    truths, column = np.unique(part.truth, return_inverse=True)
    # An unmatched pair must cost more than all distances together, or two short pairs would beat three long ones.
    gate = (min(len(predictions), len(truths)) + 1) * (part.distance.max() + 1)
    cost = np.full((len(predictions), len(truths)), gate)
    cost[row, column] = part.distance
    for i, j in zip(*linear_sum_assignment(cost), strict=True):
        if cost[i, j] < gate:
            yield int(predictions[i]), int(truths[j])
