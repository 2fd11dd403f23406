"""A module whose network may be compiled for training, while everything else uses it as it is."""

from collections.abc import Callable

import torch
from lightning import LightningModule
from torch import Tensor, nn


class Compilable(LightningModule):
    """Calls its ``model`` on training batches, compiled by ``torch.compile`` if that is wanted."""

    model: nn.Module
    _compiled: Callable[[Tensor], Tensor] | None = None

    def compile_model(self, wanted: bool = True) -> None:
        """Let ``answer`` use the network compiled from now on, or, if not ``wanted``, as it is."""
        model = self.model
        # Not the compiled module itself: as a part of this one, its weights would be saved a second time.
        self._compiled = torch.compile(lambda image: model(image), dynamic=False) if wanted else None

    def answer(self, image: Tensor) -> Tensor:
        """The logits of a training batch (B, 3, H, W), in [0, 1]."""
        image = image.contiguous(memory_format=torch.channels_last)
        return self._compiled(image) if self._compiled else self.model(image)
