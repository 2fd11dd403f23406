"""Base class of the losses on masks: shapes, precision and ignored pixels."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float, Float32, Shaped
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.image.mask_value import IGNORED


class MaskLoss(nn.Module, ABC):
    """Base class of losses between logits and a mask; a subclass implements ``compare``.

    ``IGNORED`` pixels of the target are removed before the comparison: they enter no mean and no sum and get no
    gradient. If all pixels are ignored, the loss is 0. The loss is computed in float32, outside autocast.
    """

    @override
    def forward(self, logits: Float[Tensor, "..."], target: Shaped[Tensor, "..."]) -> Float32[Tensor, ""]:
        """The loss, a scalar, finite and ≥ 0.

        Args:
            logits: (B, 1, H, W).
            target: (B, 1, H, W) in [0, 1], or ``IGNORED``.

        Raises:
            InputError: The shapes differ or are not (B, 1, H, W); (B, 1, H, W) and (B, H, W) would broadcast silently.
        """
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
        """The loss of two float32 tensors of the same shape, without ignored pixels.

        Args:
            logits: (B, 1, H, W), or (1, 1, 1, n) with the n remaining pixels if some were ignored.
            target: The same shape, in [0, 1].

        Returns:
            A scalar.
        """
