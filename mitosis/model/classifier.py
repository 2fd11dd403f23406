"""The network of stage two: a timm classifier with two classes."""
# ruff: noqa: F722  (jaxtyping's shapes)

from typing import Any, cast

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.weights import check_name, initial_weights, load_initial

CLASSES = 2
RANDOM = "random"


class Classifier(nn.Module):
    """A two-class timm network with its own input normalisation: (B, 3, H, W) in [0, 1] to logits (B, 2), 1 = mitosis.

    Mean and standard deviation come from timm's configuration of the network; they are buffers, so they are part of a
    checkpoint. ``initial`` names the source of the initial weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module, initial: str = RANDOM) -> None:
        super().__init__()
        self.net, self.initial = net, initial
        for key in ("mean", "std"):
            self.register_buffer(key, torch.tensor(_configuration(net)[key]).view(1, 3, 1, 1))

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 2"]:
        return self.net((image - self.mean) / self.std)


def timm_classifier(name: str, pretrained: bool, weights: str | None = None) -> Classifier:
    """Build a timm network with two classes: (B, 3, 128, 128) in [0, 1] to logits (B, 2).

    Args:
        name: timm's name of the network.
        pretrained: Whether to start from ImageNet weights, with a random head. They are read from ``weights`` if given,
            otherwise from an installed package of weights, the Hugging Face hub's cache or the hub. If False, all
            weights are random, and nothing is read or downloaded; this is how the network of a checkpoint is rebuilt.
        weights: A safetensors file or torch state dict with timm's parameter names, for the backbone (a head of another
            size is dropped) or for the whole two-class network.

    Returns:
        The network, with its input normalisation.

    Raises:
        InputError: As in ``check_pretrained``.

    Source:
        SCMitosis (section 3.2) starts from ImageNet weights.
    """
    check_name(name)
    net = timm.create_model(name, num_classes=CLASSES)
    if not pretrained:
        return Classifier(net)
    initial = initial_weights(name, weights)
    load_initial(net, name, initial)
    return Classifier(net, initial.source)


def check_pretrained(name: str, pretrained: bool, weights: str | None = None) -> None:
    """Check that the initial weights of ``timm_classifier`` are available, before any training starts.

    Builds the network once, which downloads the weights if needed; when offline, it fails within seconds.

    Raises:
        InputError: The name is unknown, the weights cannot be downloaded, the file is missing, unreadable or for
            another network, or a file is given although ``pretrained`` is False.
    """
    check_name(name)
    if pretrained:
        timm_classifier(name, pretrained, weights)
    elif weights is not None:
        raise InputError(f"model.weights={weights} is not read under model.pretrained=false: leave one of them out")


def _configuration(net: nn.Module) -> dict[str, Any]:
    return cast(dict[str, Any], net.pretrained_cfg)
