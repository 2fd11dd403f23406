"""Binary cross-entropy."""

from typing import final

from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss


@final
class BCE(MaskLoss):
    """Mean over all pixels of −t log p − (1 − t) log(1 − p), where p = sigmoid(logits) and t is the target."""

    @override
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        return functional.binary_cross_entropy_with_logits(logits, target)
