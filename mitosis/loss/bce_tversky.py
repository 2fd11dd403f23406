"""Binary cross-entropy and Tversky loss in one: the loss of SCMitosis' segmenter."""

from typing import final

from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss
from mitosis.loss.tversky import tversky_loss


@final
class BCETversky(MaskLoss):
    """``bce_weight`` · BCE + ``tversky_weight`` · (1 − Tversky): SCMitosis (section 3.1.3, Eq. 9).

    BCE is the mean over all pixels, Tversky one ratio of the whole batch (``tversky_loss``). β > α weighs a missed
    pixel above a false one. ``smooth``, in pixels, is not the paper's.
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
