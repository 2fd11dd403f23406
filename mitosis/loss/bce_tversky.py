"""Weighted sum of binary cross-entropy and Tversky loss: the loss of the SCMitosis segmenter."""

from typing import final

from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss
from mitosis.loss.tversky import tversky_loss


@final
class BCETversky(MaskLoss):
    """``bce_weight`` · BCE + ``tversky_weight`` · (1 − Tversky).

    BCE is the mean over all pixels; Tversky is a single ratio over the whole batch (see ``tversky_loss``).

    Args:
        bce_weight: Weight of the BCE term.
        tversky_weight: Weight of the Tversky term.
        alpha: Weight α of false positives.
        beta: Weight β of false negatives; β > α penalises a missed pixel more than a false one.
        smooth: Smoothing constant in pixels, an addition to the paper's loss.

    Source:
        SCMitosis (section 3.1.3, Eq. 9).
    """

    def __init__(
        self,
        bce_weight: float = 0.3,
        tversky_weight: float = 0.7,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
    ) -> None:
        super().__init__()
        self.bce_weight, self.tversky_weight = bce_weight, tversky_weight
        self.alpha, self.beta, self.smooth = alpha, beta, smooth

    @override
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        bce = functional.binary_cross_entropy_with_logits(logits, target)
        tversky = tversky_loss(logits, target, self.alpha, self.beta, self.smooth)
        return self.bce_weight * bce + self.tversky_weight * tversky
