"""Tversky loss."""

from typing import final

import torch
from jaxtyping import Float, Float32
from torch import Tensor
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss


@final
class Tversky(MaskLoss):
    """1 − Tversky index, as defined in ``tversky_loss``.

    Args:
        alpha: Weight α of false positives.
        beta: Weight β of false negatives; β > α penalises a missed pixel more than a false one.
        smooth: Smoothing constant in pixels.

    Source:
        Salehi et al. 2017.
    """

    def __init__(self, alpha: float = 0.3, beta: float = 0.7, smooth: float = 1.0) -> None:
        super().__init__()
        self.alpha, self.beta, self.smooth = alpha, beta, smooth

    @override
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        return tversky_loss(logits, target, self.alpha, self.beta, self.smooth)


def tversky_loss(
    logits: Float[Tensor, "*shape"], target: Float[Tensor, "*shape"], alpha: float, beta: float, smooth: float
) -> Float[Tensor, ""]:
    """1 − (TP + smooth) / (TP + α FP + β FN + smooth), in [0, 1].

    TP = Σ p t, FP = Σ p (1 − t) and FN = Σ (1 − p) t are soft counts over all pixels of the batch, p = sigmoid(logits).
    One ratio for the whole batch, because a tile without a mitotic figure would have no meaningful ratio of its own.
    α = β = 1/2 gives the Dice loss.

    Args:
        logits: Any shape.
        target: The same shape, in [0, 1].
        alpha: Weight α of false positives.
        beta: Weight β of false negatives.
        smooth: Smoothing constant in pixels; with it, an empty batch without predictions has loss 0.

    Returns:
        A scalar.

    Source:
        Salehi et al. 2017, except for ``smooth``.

    p = 1/2 on one mitotic and one other pixel: TP = FP = FN = 1/2, and 1 − 0.5 / (0.5 + 0.5 (α + β)) = 1/2.

    >>> import torch
    >>> logits, target = torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, 0.0]]]])
    >>> tversky_loss(logits, target, alpha=0.3, beta=0.7, smooth=0.0).item()
    0.5
    """
    probability = torch.sigmoid(logits)
    true = (probability * target).sum()
    false_positive = (probability * (1.0 - target)).sum()
    false_negative = ((1.0 - probability) * target).sum()
    wrong = alpha * false_positive + beta * false_negative
    return 1.0 - (true + smooth) / (true + wrong + smooth)
