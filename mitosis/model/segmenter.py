"""What the segmenters have in common: where they start, and what they refuse."""
# ruff: noqa: F722  (jaxtyping's shapes)

import math
from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mitosis.errors import InputError

PRIOR = 0.01
"""About the fraction of mitotic pixels in training tiles."""


def start_at_prior(head: nn.Module) -> None:
    """Set the bias of a segmenter's last convolution to the logit of ``PRIOR``.

    Starting at 0.5, the first hundreds of steps would only learn the background.
    """
    nn.init.constant_(head.get_parameter("bias"), math.log(PRIOR / (1.0 - PRIOR)))


def contracted(image: Float[Tensor, "batch channel height width"], encoders: Iterable[nn.Module]) -> list[Tensor]:
    """The features of a contracting path, those of full size first: between two encoders, 2×2 max-pooling."""
    features: list[Tensor] = []
    for encoder in encoders:
        features.append(encoder(functional.max_pool2d(features[-1], 2) if features else image))
    return features


def expanded(features: Sequence[Tensor], ups: Iterable[nn.Module], decoders: Iterable[nn.Module]) -> Tensor:
    """The expanding path of a U-Net: the deepest features go up level by level, joined with those of each level."""
    *skipped, x = features
    for up, decoder, skip in zip(ups, decoders, reversed(skipped), strict=True):
        x = decoder(torch.cat([skip, up(x)], dim=1))
    return x


def check_sides(image: Float[Tensor, "batch channel height width"], stride: int) -> None:
    """Raise ``ValueError`` unless height and width are multiples of the network's stride."""
    height, width = image.shape[-2:]
    if height % stride or width % stride:
        raise ValueError(f"an image of {height} x {width} pixels: both must be multiples of {stride}")


def check_widths(widths: Sequence[int]) -> None:
    """Raise ``InputError`` unless the widths are four positive integers."""
    if len(widths) != 4 or not all(isinstance(width, int) and width > 0 for width in widths):
        raise InputError(f"model.widths={list(widths)}: give four positive integers such as [64, 128, 256, 512]")
