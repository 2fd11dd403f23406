"""Binary focal loss: the loss of the U-Net paper."""

from typing import final

from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss


@final
class Focal(MaskLoss):
    """Mean over all pixels of −α t (1 − p)^γ log p − (1 − α) (1 − t) p^γ log(1 − p), p = sigmoid(logits).

    The U-Net paper gives only α and γ; the rest follows Lin et al. There, α weighs mitotic pixels and 1 − α all others,
    so α = 0.25 gives a mitotic pixel less weight: γ has already reduced the weight of the many easy pixels.
    ``alpha=0.75`` is the opposite reading. The sum is divided by the number of pixels, not by the number of positives
    as in Lin et al., because a batch may contain none.

    Args:
        alpha: Weight α of mitotic pixels, in [0, 1].
        gamma: Focusing exponent γ ≥ 0; 0 turns focusing off.

    Source:
        "Detecting Mitosis Cells using U-Nets" (section VI.A): α = 0.25, γ = 2; Lin et al. 2017 (Eq. 5).
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0) -> None:
        super().__init__()
        self.alpha, self.gamma = alpha, gamma

    @override
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        log_p, log_rest = functional.logsigmoid(logits), functional.logsigmoid(-logits)
        # Powers written as exponentials: the gradient of x ** gamma at 0 is infinite for gamma < 1.
        positive = (self.gamma * log_rest).exp() * log_p
        negative = (self.gamma * log_p).exp() * log_rest
        return -(self.alpha * target * positive + (1.0 - self.alpha) * (1.0 - target) * negative).mean()
