"""What a network says of images, in 32 bits: probabilities of pixels, logits of crops; without Lightning."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from mitosis.inference.resolution import predict_at


def probability_of(model: nn.Module, image: Tensor, predict: Any, scale: float = 1.0) -> Tensor:
    """Probability map (H, W) float32, on the CPU, of a field (3, H, W) in [0, 1] rescaled by ``scale``.

    ``predict`` is ``sliding_window.predict`` with all arguments bound except the network, the image and the stride.
    Autocast is off: in bfloat16, maps differ by up to 0.1, and candidates come and go with them.
    """
    return predict_at(scale, partial(predict, partial(probabilities, model), stride=model.stride), image)


def probabilities(model: nn.Module, batch: Tensor) -> Tensor:
    """Probabilities (b, 1, h, w) of images (b, 3, h, w) in [0, 1], without autocast."""
    with torch.autocast(batch.device.type, enabled=False):
        return model(batch.contiguous(memory_format=torch.channels_last)).float().sigmoid()


def logits_of(model: nn.Module, images: Tensor, batch: int = 64) -> Tensor:
    """Logits (n, 2) float32 of crops (n, 3, h, w), in batches of at most ``batch``, a power of 2; n may be 0.

    Autocast is off: in bfloat16, scores differ by more than 0.02, and the threshold is chosen among them. The sizes of
    batches are powers of 2: on a CPU, code and buffers are kept for every size that was met, and a slide has tiles with
    any number of candidates.
    """
    with torch.autocast(images.device.type, enabled=False):
        parts = [
            model(part.contiguous(memory_format=torch.channels_last)).float()
            for part in images.split(_powers(len(images), batch))
        ]
    return torch.cat(parts) if len(images) else torch.zeros(0, 2, device=images.device)


def _powers(count: int, largest: int) -> list[int]:
    """``count`` as a sum of powers of 2, from the ``largest`` down."""
    sizes = [largest] * (count // largest)
    return sizes + [1 << bit for bit in reversed(range(largest.bit_length() - 1)) if (count % largest) & (1 << bit)]
