"""Pixel-level precision, recall, F1 and IoU."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torchmetrics import Metric

from mitosis.image.mask_value import IGNORED
from mitosis.metric import statistics


class PixelMetric(Metric):
    """Pixel-level precision, recall, F1 and IoU over the pixels of all fields.

    For example, with 1 true positive, 1 false positive and 2 false negatives, precision is 1/2, recall 1/3, F1 2/5 and
    IoU 1/4.

    Args:
        threshold: Pixels with at least this probability are predicted mitotic.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    tp: Tensor
    fp: Tensor
    fn: Tensor

    def __init__(self, threshold: float = 0.5) -> None:
        super().__init__()
        self.threshold = threshold
        for name in ("tp", "fp", "fn"):
            self.add_state(name, torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")

    def update(self, probability: Float[Tensor, "..."], mask: Shaped[Tensor, "..."]) -> None:
        """Add one field, or a batch of them.

        Args:
            probability: Any shape, in [0, 1].
            mask: The same shape, non-zero on mitotic figures; ``IGNORED`` pixels are not counted.

        Raises:
            ValueError: The shapes differ, which would broadcast silently, or a probability is nan.
        """
        if probability.shape != mask.shape:
            raise ValueError(f"probability {tuple(probability.shape)} and mask {tuple(mask.shape)} differ in shape")
        if probability.isnan().any():
            raise ValueError("a probability is nan")
        counted = mask != IGNORED
        predicted, true = (probability >= self.threshold) & counted, (mask != 0) & counted
        self.tp += (predicted & true).sum()
        self.fp += (predicted & ~true).sum()
        self.fn += (~predicted & true).sum()

    def compute(self) -> dict[str, float]:
        """``precision``, ``recall``, ``f1`` and ``iou`` in [0, 1]; nan for 0/0."""
        return rates(int(self.tp), int(self.fp), int(self.fn))


def rates(tp: int, fp: int, fn: int) -> dict[str, float]:
    """``precision``, ``recall``, ``f1`` and ``iou`` in [0, 1] of counted pixels; nan for 0/0."""
    return {
        "precision": statistics.precision(tp, fp),
        "recall": statistics.recall(tp, fn),
        "f1": statistics.f1(tp, fp, fn),
        "iou": statistics.precision(tp, fp + fn),
    }
