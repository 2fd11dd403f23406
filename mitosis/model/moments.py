"""The mean and deviation of the images that a pretrained network was trained on."""

from collections.abc import Sequence

import torch
from timm.data.constants import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import nn


def register_moments(
    net: nn.Module, mean: Sequence[float] = IMAGENET_DEFAULT_MEAN, std: Sequence[float] = IMAGENET_DEFAULT_STD
) -> None:
    """Give a network the buffers ``mean`` and ``std``, (1, 3, 1, 1), for images in [0, 1]; ImageNet's by default."""
    for key, values in (("mean", mean), ("std", std)):
        net.register_buffer(key, torch.tensor(values).view(1, 3, 1, 1))
