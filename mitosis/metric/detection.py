"""Detections against mitoses over many fields: counts at a threshold, the curve over thresholds, its summary."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan, nan

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from mitosis.metric import statistics
from mitosis.metric.matching import Matching, checked


@dataclass(frozen=True, eq=False)
class FieldDetections:
    """What was detected in one field, and what is there.

    ``field``: its name, unique in the dataset; ``points``: (n, 2) x, y in pixels; ``scores``: (n,), higher is surer;
    ``truths``: (m, 2) x, y in the order of the annotation file; ``mpp``: µm per pixel.
    Raises ValueError, naming the field, for other shapes or a number that is nan or infinite.
    """

    field: str
    points: np.ndarray
    scores: np.ndarray
    truths: np.ndarray
    mpp: float

    def __post_init__(self) -> None:
        points, truths = checked(self.points, f"{self.field}: points"), checked(self.truths, f"{self.field}: truths")
        scores = np.asarray(self.scores, dtype=np.float64)
        if scores.shape != (len(points),):
            raise ValueError(f"{self.field}: {len(points)} points, but scores of the shape {scores.shape}")
        if not np.isfinite(scores).all():
            raise ValueError(f"{self.field}: a score is nan or infinite")
        for name, value in (("points", points), ("scores", scores), ("truths", truths), ("mpp", float(self.mpp))):
            object.__setattr__(self, name, value)


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

    thresholds: np.ndarray
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


def counts(fields: Sequence[FieldDetections], threshold: float, matching: Matching) -> Counts:
    """Counts, summed over ``fields``, of the detections whose score is at least ``threshold``.

    A field without mitoses counts with all its detections as FP. Raises ValueError for a threshold that is nan or a
    field given twice.
    """
    if isnan(threshold):
        raise ValueError("the threshold is nan")
    tp = predictions = truths = 0
    for one in _unique(fields):
        points = one.points[one.scores >= threshold]
        tp += matching(points, one.truths, one.mpp).tp
        predictions, truths = predictions + len(points), truths + len(one.truths)
    return Counts.of(tp, predictions, truths)


def curve(fields: Sequence[FieldDetections], matching: Matching) -> Curve:
    """The counts of `counts` at every distinct score in ``fields``. Raises ValueError for a field given twice."""
    fields = list(_unique(fields))
    scores = np.sort(np.concatenate([np.zeros(0), *(one.scores for one in fields)]))
    thresholds = np.unique(scores)[::-1]
    predictions = len(scores) - np.searchsorted(scores, thresholds, side="left")
    gained = np.zeros(len(thresholds), dtype=np.int64)
    for one in fields:
        for score, step in _gains(one, matching):
            gained[np.searchsorted(-thresholds, -score)] += step
    truths = sum(len(one.truths) for one in fields)
    points = zip(np.cumsum(gained).tolist(), predictions.tolist(), strict=True)
    return Curve(thresholds, tuple(Counts.of(tp, count, truths) for tp, count in points), truths)


def _gains(one: FieldDetections, matching: Matching) -> Iterator[tuple[float, int]]:
    """Each score at which the mitoses found in a field grow, and by how many.

    Only the part of the graph that a new detection belongs to is matched again: the others do not change.
    """
    for part in matching.reach(one.points, one.truths, one.mpp).components():
        score, truths, before = one.scores[part.prediction], len(np.unique(part.truth)), 0
        for threshold in np.unique(score)[::-1]:
            tp = len(matching.pair(part.where(score >= threshold)))
            yield float(threshold), tp - before
            before = tp
            if tp == truths:  # lower scores can add nothing
                break


def _unique(fields: Iterable[FieldDetections]) -> Iterator[FieldDetections]:
    seen: set[str] = set()
    for one in fields:
        if one.field in seen:
            raise ValueError(f"the field {one.field} is given twice")
        seen.add(one.field)
        yield one


class DetectionMetric(Metric):
    """Object-level average precision, and precision, recall and F1 at the threshold of the best F1.

    Detections are matched per field by ``matching``, counts are summed over fields. A field given twice, as
    DistributedSampler does to fill up its last round, counts once.

    Two mitoses, of which one is found with score 0.9, and a false detection with 0.4: at 0.9 precision is 1 and recall
    1/2, and the average precision is the area under that one step.

    >>> import numpy as np
    >>> from mitosis.metric.matching import Matching
    >>> metric = DetectionMetric(Matching("example", radius=5.0, unit="um"))
    >>> points, scores = np.array([[10.0, 10.0], [90.0, 90.0]]), np.array([0.9, 0.4])
    >>> metric.update(points, scores, truths=np.array([[12.0, 10.0], [50.0, 50.0]]), mpp=0.25, field="a")
    >>> {name: round(value, 3) for name, value in metric.compute().items()}
    {'ap': 0.5, 'f1': 0.667, 'precision': 1.0, 'recall': 0.5, 'threshold': 0.9}
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    packed: list[Tensor]  # one tensor after a sync between ranks

    def __init__(self, matching: Matching) -> None:
        super().__init__()
        self.matching = matching
        self.add_state("packed", [], dist_reduce_fx="cat")

    def update(self, points: np.ndarray, scores: np.ndarray, truths: np.ndarray, mpp: float, field: str) -> None:
        """Add one field; arguments and errors as in `FieldDetections`."""
        data = _pack(FieldDetections(field, points, scores, truths, mpp))
        # One element per byte, as a number of the metric's own dtype: a rank that saw no field joins the gather with an
        # empty tensor of that dtype and one dimension, and a gather needs both alike. 0…255 is exact even in bfloat16.
        self.packed.append(torch.from_numpy(data).to(self.device, self.dtype))

    @property
    def fields(self) -> list[FieldDetections]:
        """Every field so far, once, by name; on this rank alone outside `compute`."""
        data = dim_zero_cat(self.packed) if len(self.packed) else torch.zeros(0)
        found: dict[str, FieldDetections] = {}
        for one in _unpack(data.cpu().to(torch.uint8).numpy().tobytes()):
            found.setdefault(one.field, one)
        return [found[name] for name in sorted(found)]

    def compute(self) -> dict[str, float]:
        """``ap``, ``f1``, ``precision``, ``recall`` in [0, 1], and ``threshold``; nan where undefined."""
        result = curve(self.fields, self.matching)
        threshold, best = result.best
        return {
            "ap": result.average_precision,
            "f1": best.f1,
            "precision": best.precision,
            "recall": best.recall,
            "threshold": threshold,
        }


def _pack(one: FieldDetections) -> np.ndarray:
    name = one.field.encode()
    sizes = np.array([len(name), len(one.points), len(one.truths)], dtype="<i8")
    numbers = np.concatenate([[one.mpp], one.points.ravel(), one.scores, one.truths.ravel()]).astype("<f8")
    return np.frombuffer(sizes.tobytes() + name + numbers.tobytes(), dtype=np.uint8).copy()


def _unpack(data: bytes) -> Iterator[FieldDetections]:
    at = 0
    while at < len(data):
        name, n, m = np.frombuffer(data, "<i8", 3, at).tolist()
        field = data[at + 24 : at + 24 + name].decode()
        numbers = np.frombuffer(data, "<f8", 1 + 3 * n + 2 * m, at + 24 + name)
        mpp, points, scores, truths = np.split(numbers, np.cumsum([1, 2 * n, n]))
        yield FieldDetections(field, points.reshape(-1, 2), scores, truths.reshape(-1, 2), float(mpp[0]))
        at += 24 + name + numbers.nbytes
