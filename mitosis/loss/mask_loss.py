"""What every loss on masks keeps to: its shapes, its precision, and what it passes over."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Float32, Shaped
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.image.mask_value import IGNORED


class MaskLoss(nn.Module, ABC):
    """Compares logits with the mask they should show; a subclass says how.

    Logits and target are (B, 1, H, W), target in [0, 1] or ``IGNORED``; any other pair of shapes raises ``InputError``
    (a ``ValueError``), since (B, 1, H, W) and (B, H, W) would broadcast in silence. Computed in float32, outside
    autocast, whatever the inputs' type; returns a scalar, finite and ≥ 0.

    The loss is that of the other pixels alone, as if those which are ``IGNORED`` were not there: they enter no mean and
    no sum and get no gradient. Where all are, it is 0.
    """

    @override
    def forward(self, logits: Float[Tensor, "..."], target: Shaped[Tensor, "..."]) -> Float32[Tensor, ""]:
        if logits.shape != target.shape or logits.ndim != 4 or logits.shape[1] != 1:
            raise InputError(
                f"logits {tuple(logits.shape)} and target {tuple(target.shape)}: both must be the same (B, 1, H, W);"
                " a loss on masks is for a segmenter, a classifier takes loss=cross_entropy"
            )
        with torch.autocast(logits.device.type, enabled=False):
            logits, target = logits.float(), target.float()
            counted = target != IGNORED
            if counted.all():
                return self.compare(logits, target)
            if not counted.any():
                return (0.0 * logits).sum()
            return self.compare(*(values.masked_select(counted)[None, None, None] for values in (logits, target)))

    @abstractmethod
    def compare(
        self, logits: Float32[Tensor, "batch 1 height width"], target: Float32[Tensor, "batch 1 height width"]
    ) -> Float32[Tensor, ""]:
        """The loss of two float32 tensors of one shape, target in [0, 1].

        That is (B, 1, H, W), or (1, 1, 1, n) with the n pixels that are not ignored where a batch has some that are.
        """
