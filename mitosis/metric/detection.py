"""Object-level metrics over many fields: detections are matched per field, counts are summed."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np
import torch
from jaxtyping import Float64, Num, UInt8
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from mitosis.metric.counts import Counts, Curve
from mitosis.metric.gains import gains
from mitosis.metric.matching import Matching, checked


@dataclass(frozen=True, eq=False)
class _Field:
    name: str
    points: Float64[np.ndarray, "n 2"]
    scores: Float64[np.ndarray, " n"]
    truths: Float64[np.ndarray, "m 2"]
    mpp: float


class DetectionMetric(Metric):
    """Object-level average precision, and precision, recall and F1 at the threshold with the best F1.

    Detections are matched per field, and the counts are summed over fields. A field that is added twice counts once:
    DistributedSampler repeats fields to fill its last round.

    Args:
        matching: The rule that decides which detection matches which mitotic figure.

    Two mitotic figures, one detected with score 0.9, and a false positive with score 0.4: at 0.9 the precision is 1 and
    the recall 1/2, and the average precision is the area under that single step.

    >>> import numpy as np
    >>> from mitosis.metric.matching import Matching
    >>> metric = DetectionMetric(Matching("example", radius=5.0, unit="um"))
    >>> points, scores = np.array([[10.0, 10.0], [90.0, 90.0]]), np.array([0.9, 0.4])
    >>> metric.update(points, scores, truths=np.array([[12.0, 10.0], [50.0, 50.0]]), mpp=0.25, field="a")
    >>> {name: round(value, 3) for name, value in metric.compute().items()}
    {'ap': 0.5, 'f1': 0.667, 'precision': 1.0, 'recall': 0.5, 'threshold': 0.65}
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    packed: list[Tensor]  # a single tensor after the ranks are synchronised

    def __init__(self, matching: Matching) -> None:
        super().__init__()
        self.matching = matching
        self.add_state("packed", [], dist_reduce_fx="cat")

    def update(
        self,
        points: Num[np.ndarray, "..."] | Num[Tensor, "..."],
        scores: Num[np.ndarray, "..."] | Num[Tensor, "..."],
        truths: Num[np.ndarray, "..."] | Num[Tensor, "..."],
        mpp: float,
        field: str,
    ) -> None:
        """Add one field.

        Args:
            points: (n, 2) x, y of the detections in pixels.
            scores: (n,), higher is more certain.
            truths: (m, 2) x, y of the mitotic figures in pixels, in the order of the annotation file.
            mpp: µm per pixel of the field.
            field: Name of the field, unique in the dataset.

        Raises:
            ValueError: An array has another shape or contains nan or infinity; the message names the field.
        """
        points = checked(np.asarray(points), f"{field}: points")
        truths = checked(np.asarray(truths), f"{field}: truths")
        scores = np.asarray(scores, dtype=np.float64)
        if scores.shape != (len(points),):
            raise ValueError(f"{field}: {len(points)} points, but scores of the shape {scores.shape}")
        if not np.isfinite(scores).all():
            raise ValueError(f"{field}: a score is nan or infinite")
        data = _pack(_Field(field, points, scores, truths, float(mpp)))
        # One element per byte, in the metric's own dtype: a rank without fields contributes an empty one-dimensional
        # tensor of that dtype, and a gather needs equal dtypes and dimensions. 0…255 is exact even in bfloat16.
        self.packed.append(torch.from_numpy(data).to(self.device, self.dtype))

    def _fields(self) -> list[_Field]:
        """The distinct fields added so far, sorted by name; outside ``compute``, those of this rank only."""
        data = dim_zero_cat(self.packed) if len(self.packed) else torch.zeros(0)
        by_name: dict[str, _Field] = {}
        for field in _unpack(data.cpu().to(torch.uint8).numpy().tobytes()):
            by_name.setdefault(field.name, field)
        return [by_name[name] for name in sorted(by_name)]

    def counts(self, threshold: float) -> Counts:
        """Counts over all fields of the detections that score at least ``threshold``.

        In a field without mitotic figures every detection is a false positive.

        Raises:
            ValueError: ``threshold`` is nan.
        """
        if isnan(threshold):
            raise ValueError("the threshold is nan")
        tp = predictions = truths = 0
        for field in self._fields():
            points = field.points[field.scores >= threshold]
            tp += self.matching(points, field.truths, field.mpp).tp
            predictions, truths = predictions + len(points), truths + len(field.truths)
        return Counts.of(tp, predictions, truths)

    def curve(self) -> Curve:
        """The result of ``counts`` at every distinct score."""
        fields = self._fields()
        scores = np.concatenate([np.zeros(0), *(field.scores for field in fields)])
        gained = np.concatenate([np.zeros(0), *(self._gains(field) for field in fields)])
        return Curve.of(scores, gained, sum(len(field.truths) for field in fields))

    def _gains(self, one: _Field) -> Float64[np.ndarray, " tp"]:
        return gains(self.matching.reach(one.points, one.truths, one.mpp), one.scores, self.matching.method)

    def compute(self) -> dict[str, float]:
        """``ap``, ``f1``, ``precision``, ``recall`` in [0, 1], and ``threshold``; nan where undefined."""
        result = self.curve()
        threshold, best = result.best
        return {
            "ap": result.average_precision,
            "f1": best.f1,
            "precision": best.precision,
            "recall": best.recall,
            "threshold": threshold,
        }


def _pack(one: _Field) -> UInt8[np.ndarray, " bytes"]:
    name = one.name.encode()
    sizes = np.array([len(name), len(one.points), len(one.truths)], dtype="<i8")
    numbers = np.concatenate([[one.mpp], one.points.ravel(), one.scores, one.truths.ravel()]).astype("<f8")
    return np.frombuffer(sizes.tobytes() + name + numbers.tobytes(), dtype=np.uint8).copy()


def _unpack(data: bytes) -> Iterator[_Field]:
    at = 0
    while at < len(data):
        name, n, m = np.frombuffer(data, "<i8", 3, at).tolist()
        field = data[at + 24 : at + 24 + name].decode()
        numbers = np.frombuffer(data, "<f8", 1 + 3 * n + 2 * m, at + 24 + name)
        mpp, points, scores, truths = np.split(numbers, np.cumsum([1, 2 * n, n]))
        yield _Field(field, points.reshape(-1, 2), scores, truths.reshape(-1, 2), float(mpp[0]))
        at += 24 + name + numbers.nbytes
