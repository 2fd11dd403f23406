"""Weighted sum of focal and Tversky loss."""

from typing import final

import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss
from mitosis.loss.tversky import tversky_loss


@final
class FocalTversky(MaskLoss):
    """``focal_weight`` · focal BCE + ``tversky_weight`` · (1 − Tversky).

    The focal term is the mean over all pixels of (1 − p_t)^γ · BCE, where p_t is the probability of the pixel's class;
    both classes have the same weight. Tversky is a single ratio over the whole batch.

    Args:
        focal_weight: Weight of the focal term.
        tversky_weight: Weight of the Tversky term.
        gamma: Focusing exponent γ ≥ 0; 0 gives plain BCE.
        alpha: Weight α of false positives.
        beta: Weight β of false negatives.
        smooth: Smoothing constant in pixels.

    Source:
        SCMitosis (section 3.1.3, Eq. 9) with the focal term of Lin et al. 2017 (Eq. 4) in place of BCE.
    """

    def __init__(
        self,
        focal_weight: float = 0.3,
        tversky_weight: float = 0.7,
        gamma: float = 2.0,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
    ) -> None:
        super().__init__()
        self.focal_weight, self.tversky_weight, self.gamma = focal_weight, tversky_weight, gamma
        self.alpha, self.beta, self.smooth = alpha, beta, smooth

    @override
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        bce = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        # log(1 - p_t) is that of the other class; as an exponential its gradient is finite at 0 for every gamma.
        log_wrong = functional.logsigmoid(torch.where(target > 0.5, -logits, logits))
        focal = ((self.gamma * log_wrong).exp() * bce).mean()
        tversky = tversky_loss(logits, target, self.alpha, self.beta, self.smooth)
        return self.focal_weight * focal + self.tversky_weight * tversky
