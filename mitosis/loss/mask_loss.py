"""What every loss on masks keeps to: its shapes and its precision."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from mitosis.errors import InputError


class MaskLoss(nn.Module, ABC):
    """Compares logits with the mask they should show; a subclass says how.

    Logits and target are (B, 1, H, W), target in [0, 1]; any other pair of shapes raises ``InputError`` (a
    ``ValueError``), since (B, 1, H, W) and (B, H, W) would broadcast in silence. Computed in float32, outside autocast,
    whatever the inputs' type; returns a scalar, finite and ≥ 0.
    """

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        if logits.shape != target.shape or logits.ndim != 4 or logits.shape[1] != 1:
            raise InputError(
                f"logits {tuple(logits.shape)} and target {tuple(target.shape)}: both must be the same (B, 1, H, W);"
                " a loss on masks is for a segmenter, a classifier takes loss=cross_entropy"
            )
        with torch.autocast(logits.device.type, enabled=False):
            return self.compare(logits.float(), target.float())

    @abstractmethod
    def compare(self, logits: Tensor, target: Tensor) -> Tensor:
        """The loss of two float32 tensors of the same (B, 1, H, W)."""
