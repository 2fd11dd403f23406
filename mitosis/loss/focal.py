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

    "Detecting Mitosis Cells using U-Nets" (section VI.A) gives α = 0.25 and γ = 2 and leaves the rest open. Read here
    as in the focal loss's own paper (Lin et al. 2017, Eq. 5): α weighs mitotic pixels, 1 − α all others, so 0.25 weighs
    a mitotic pixel less, since γ has already taken most from the many easy ones; ``alpha=0.75`` is the other reading.
    The sum is divided by the number of pixels, where Lin et al. divide by that of positives: a batch may hold none.
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0) -> None:
        super().__init__()
        self.alpha, self.gamma = alpha, gamma

    @override
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        log_p, log_rest = functional.logsigmoid(logits), functional.logsigmoid(-logits)
        # The powers are taken as exponentials: x ** gamma has no finite slope at 0 for gamma below 1.
        positive = (self.gamma * log_rest).exp() * log_p
        negative = (self.gamma * log_p).exp() * log_rest
        return -(self.alpha * target * positive + (1.0 - self.alpha) * (1.0 - target) * negative).mean()
