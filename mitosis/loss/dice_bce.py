"""Weighted sum of binary cross-entropy and Dice loss."""

from typing import final

from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss
from mitosis.loss.tversky import tversky_loss


@final
class DiceBCE(MaskLoss):
    """``bce_weight`` · BCE + ``dice_weight`` · (1 − Dice).

    Dice = (TP + smooth) / (TP + FP/2 + FN/2 + smooth), with the soft counts over the whole batch defined in
    ``tversky_loss``; BCE is the mean over the same pixels.

    Args:
        bce_weight: Weight of the BCE term.
        dice_weight: Weight of the Dice term.
        smooth: Smoothing constant in pixels.
    """

    def __init__(self, bce_weight: float = 0.5, dice_weight: float = 0.5, smooth: float = 1.0) -> None:
        super().__init__()
        self.bce_weight, self.dice_weight, self.smooth = bce_weight, dice_weight, smooth

    @override
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        bce = functional.binary_cross_entropy_with_logits(logits, target)
        return self.bce_weight * bce + self.dice_weight * tversky_loss(logits, target, 0.5, 0.5, self.smooth)
