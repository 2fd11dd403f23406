"""The network of stage two: a timm classifier with two classes."""
# ruff: noqa: F722  (jaxtyping's shapes)

from typing import Any, cast

import timm
from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.moments import register_moments
from mitosis.model.weights import check_name, initial_weights, load_initial

CLASSES = 2
RANDOM = "random"
HEAD_STD = 0.01


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
        configuration = _configuration(net)
        register_moments(self, configuration["mean"], configuration["std"])

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 2"]:
        return self.net((image - self.mean) / self.std)


def timm_classifier(name: str, pretrained: bool, weights: str | None = None) -> Classifier:
    """Build a timm network with two classes: (B, 3, 128, 128) in [0, 1] to logits (B, 2).

    Args:
        name: timm's name of the network.
        pretrained: Whether to start from ImageNet weights, with a head of small random weights. They are read from
            ``weights`` if given, otherwise from an installed package of weights, the Hugging Face hub's cache or the
            hub. If False, all weights are random, and nothing is read or downloaded; this is how the network of a
            checkpoint is rebuilt.
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
    head = cast(Any, net).get_classifier()
    # timm draws the head of an EfficientNet from ±0.7: its first logits are far from 0, and training never forgets it.
    nn.init.normal_(head.weight, std=HEAD_STD)
    nn.init.zeros_(head.bias)
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
