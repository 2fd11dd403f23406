"""Binary cross-entropy."""

from typing import final

from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from mitosis.loss.mask_loss import MaskLoss


@final
class BCE(MaskLoss):
    """Mean over all pixels of −t log p − (1 − t) log(1 − p), where p = sigmoid(logits) and t is the target."""

    @override
    def compare(self, logits: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits, target)
