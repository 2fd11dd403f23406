"""What speaks for a mitotic figure in a crop, and what against it, according to a classifier: HiResCAM."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

CELLS = 7
"""Fewest cells along a side of the maps that are looked at: the last ones of a ResNet have as many on ImageNet."""


def heat(model: nn.Module, crops: Float[Tensor, "n 3 side side"]) -> Float[Tensor, "n cells cells"]:
    """How much each place of a crop adds to the log odds of a mitotic figure, or takes from them.

    Looked at are the last maps of the network that have at least ``CELLS`` cells a side: later ones are too coarse to
    tell a nucleus from its neighbours. Of a network without such maps it is the crop itself.

    Args:
        model: A classifier with two logits, 1 = mitosis, in evaluation mode.
        crops: Square RGB images in [0, 1].

    Returns:
        The maps times their gradients, summed over channels: positive where something speaks for a mitotic figure.

    Source:
        Draelos and Carin 2020, HiResCAM (arXiv 2011.08891). Grad-CAM takes the mean of each channel's gradient, and so
        shows places that the network did not use.
    """
    with torch.enable_grad(), torch.autocast(crops.device.type, enabled=False):
        logits, maps = _seen(model, crops.detach().clone().requires_grad_())
        (gradient,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), maps)
    return (gradient * maps.detach()).sum(dim=1)


def _seen(model: nn.Module, crops: Tensor) -> tuple[Tensor, Tensor]:
    """The logits of crops, and the last maps with at least ``CELLS`` cells a side on the way to them."""
    maps = crops

    def keep(layer: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal maps
        square = isinstance(output, Tensor) and output.ndim == 4 and output.shape[2] == output.shape[3]
        if square and output.shape[3] >= CELLS:
            maps = output

    handles = [layer.register_forward_hook(keep) for layer in model.modules()]
    try:
        logits = model(crops)
    finally:
        for handle in handles:
            handle.remove()
    return logits, maps
