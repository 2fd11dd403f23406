"""Segmenters of the library segmentation_models_pytorch (smp)."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence
from typing import Any, cast

import segmentation_models_pytorch as smp
import timm
from jaxtyping import Float
from segmentation_models_pytorch.encoders import encoders
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.moments import register_moments
from mitosis.model.segmenter import check_sides, check_widths, start_at_prior
from mitosis.model.vgg import RANDOM, check_pretrained_widths
from mitosis.model.weights import check_name, initial_weights, load_initial

ARCHITECTURES = ("DeepLabV3Plus", "FPN", "Linknet", "PSPNet", "Segformer", "Unet", "UnetPlusPlus", "UPerNet")
TIMM = "tu-"
"""What smp writes before timm's names."""


class SMPSegmenter(nn.Module):
    """A segmenter of smp: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride``, the coarsest features' that the architecture uses; other sizes raise
    ``ValueError``. Mean and deviation of the encoder's training images are taken off internally. The bias of the output
    starts at the logit of 0.01; all else is as smp builds it.

    Args:
        architecture: smp's name of it.
        name: The encoder: timm's name, or else smp's (``mit_b0``).
        widths: Channels of the encoder's four levels, for the ResNets of timm; those of a bottleneck before its
            expansion by 4. None: as published.
        pretrained: Whether the encoder starts from ImageNet weights, found as by ``timm_classifier``, or for an encoder
            of smp's on the Hugging Face hub.
        weights: A file of them, with timm's parameter names (of smp's encoder, its own).

    Raises:
        InputError: There is no such architecture or encoder, the two do not fit together, or the weights are not
            available.

    Source:
        Iakubovskii 2019, segmentation_models_pytorch; the publications are listed in docs/train.md.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        architecture: str,
        name: str,
        widths: Sequence[int] | None = None,
        pretrained: bool = False,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        if architecture not in ARCHITECTURES:
            raise InputError(f"model.architecture={architecture}: choose one of {', '.join(ARCHITECTURES)}")
        of_smp = name in encoders and not timm.is_model(name)
        if not of_smp:
            check_name(name)
        extra = {}
        if widths is not None:
            check_widths(widths)
            extra = {"channels": tuple(widths)}
        try:
            build = getattr(smp, architecture)
            self.net = build(name if of_smp else TIMM + name, encoder_weights=None, classes=1, **extra)
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"model.name={name}: smp's {architecture} cannot be built on it ({reason})") from error
        _skip_before(self.net)
        self.stride = int(self.net.encoder.output_stride)
        start_at_prior(self.net.segmentation_head[0])
        if of_smp:
            register_moments(self)
        else:
            configuration = cast(Any, timm.get_pretrained_cfg(name))
            register_moments(self, configuration.mean, configuration.std)
        self.initial = RANDOM
        if pretrained:
            if widths is not None:
                check_pretrained_widths(widths)
            self.initial = (_load_smp if of_smp else _load_timm)(self.net.encoder, name, weights)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        return self.net((image - self.mean) / self.std)


def _skip_before(net: nn.Module) -> None:
    """Make each 1×1 convolution with a stride one without, of every second pixel: the same result.

    Of 8 channels in channels-last layout, the backward pass of the former writes beyond its memory on some CPUs.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1) and module.stride == (2, 2):
            module.stride = (1, 1)
            module.register_forward_pre_hook(_every_second)


def _every_second(module: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (arguments[0][:, :, ::2, ::2],)


def _load_timm(encoder: nn.Module, name: str, weights: str | None) -> str:
    """Load ImageNet weights of timm's network ``name`` into smp's encoder around it; returns their source."""
    whole, initial = timm.create_model(name), initial_weights(name, weights)
    load_initial(whole, name, initial)
    model, given = cast(nn.Module, encoder.model), whole.state_dict()
    given |= {key.replace(".", "_", 1): value for key, value in given.items()}  # as timm's feature lists call them
    model.load_state_dict({key: given[key] for key in model.state_dict()})
    return initial.source


def _load_smp(encoder: nn.Module, name: str, weights: str | None) -> str:
    """Load ImageNet weights of smp's own encoder ``name``; returns their source."""
    hub = encoders[name]["pretrained_settings"]["imagenet"]["repo_id"]
    initial = initial_weights(name, weights, hub)
    try:
        encoder.load_state_dict(dict(initial.state))
    except RuntimeError as error:
        raise InputError(f"the weights from {initial.source} are not those of smp's {name}") from error
    return initial.source
