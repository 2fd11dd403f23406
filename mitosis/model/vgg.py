"""The convolutions of VGG16, on which FCN and SegNet are built."""

from collections.abc import Mapping, Sequence
from typing import cast

from torch import Tensor, nn

from mitosis.errors import InputError
from mitosis.model.weights import initial_weights

DEPTHS = (2, 2, 3, 3, 3)
WIDTHS = (64, 128, 256, 512)
RANDOM = "random"


def vgg_levels(widths: Sequence[int], normalised: bool) -> nn.ModuleList:
    """The 13 convolutions of VGG16 in five levels, each (B, in, H, W) to (B, out, H, W), without the pooling.

    A convolution has a bias, or is followed by BatchNorm if ``normalised``; then comes a ReLU. The fifth level is as
    wide as the fourth.

    Source: Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (Table 1,
    column D).
    """
    channels = [*widths, widths[-1]]
    return nn.ModuleList(
        nn.Sequential(
            *(layer for index in range(depth) for layer in block(width if index else before, width, normalised))
        )
        for before, width, depth in zip((3, *channels), channels, DEPTHS, strict=False)
    )


def block(in_channels: int, out_channels: int, normalised: bool) -> list[nn.Module]:
    """A 3×3 convolution with a bias, or with BatchNorm if ``normalised``, and a ReLU."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=not normalised)
    norm = [nn.BatchNorm2d(out_channels)] if normalised else []
    return [convolution, *norm, nn.ReLU(inplace=True)]


def load_vgg(levels: nn.ModuleList, pretrained: bool, weights: str | None) -> str:
    """Start the levels from ImageNet weights, found as by ``timm_classifier``, if ``pretrained``.

    Args:
        levels: Those of ``vgg_levels``, with the widths of VGG16.
        pretrained: Whether to; otherwise nothing is read.
        weights: A file of weights, with timm's parameter names.

    Returns:
        The source of the weights, in words.

    Raises:
        InputError: The weights are not available, or the levels have other widths.
    """
    if not pretrained:
        return RANDOM
    layers = [list(level.children()) for level in levels]
    check_pretrained_widths([cast(nn.Conv2d, level[0]).out_channels for level in layers[:4]])
    normalised = any(isinstance(module, nn.BatchNorm2d) for module in levels.modules())
    name = "vgg16_bn" if normalised else "vgg16"
    initial, index = initial_weights(name, weights), 0
    for level in layers:
        for layer in level:
            given = {key: initial.state.get(f"features.{index}.{key}") for key in layer.state_dict()}
            _load_layer(layer, given, initial.source)
            bias = initial.state.get(f"features.{index - 1}.bias")
            if isinstance(layer, nn.BatchNorm2d) and bias is not None:  # it only moves the mean; here is none
                layer.get_buffer("running_mean").sub_(bias)
            index += 1
        index += 1  # the pooling
    return initial.source


def _load_layer(layer: nn.Module, given: Mapping[str, Tensor | None], source: str) -> None:
    for key, own in layer.state_dict().items():
        theirs = given[key]
        if key == "num_batches_tracked":  # missing from old files, and not used in inference
            continue
        if theirs is None or theirs.shape != own.shape:
            raise InputError(f"the weights from {source} are not those of timm's VGG16: they lack a layer's {key}")
        own.copy_(theirs)


def check_pretrained_widths(widths: Sequence[int]) -> None:
    """Raise ``InputError`` for an encoder of other widths than those that ImageNet weights were trained with."""
    if tuple(widths) != WIDTHS:
        raise InputError(
            f"model.widths={list(widths)}: there are ImageNet weights for {list(WIDTHS)} only; type"
            f" model.pretrained=false to start from random ones"
        )
