"""A feature pyramid on a pretrained encoder: the segmenter that trains within minutes on two cores."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence
from typing import Any, cast

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.moments import register_moments
from mitosis.model.segmenter import check_sides, start_at_prior
from mitosis.model.weights import check_name, initial_weights, load_initial

STRIDES = (4, 8, 16)
MARGINS = {"tf_efficientnet_lite0": 160}
"""How far away a pixel may be that matters, for encoders without pooling over the whole image, in pixels. Measured with
the weights of this package: at this distance from a window's edge, its map is that of a whole pass within 0.0001."""


class LiteFPN(nn.Module):
    """Feature pyramid network at strides 4 to 16: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    The encoder's features at strides 4, 8 and 16 are each projected to ``width`` channels; from the coarsest on, they
    are upsampled by 2 and added. A 3×3 convolution with BatchNorm and ReLU and a 1×1 convolution give the logits at
    stride 4, which are upsampled bilinearly. A mitosis covers about 40 pixels of 0.25 µm, so stride 4 shows it with
    ten; deeper features than those at stride 16 would only add context that a window of 256 does not hold. H and W must
    be multiples of ``stride`` = 16; other sizes raise ``ValueError``.

    Args:
        name: timm's name of the encoder, one that yields features at strides 4, 8 and 16.
        width: Channels of the pyramid.
        encoder_lr: The encoder's learning rate as a fraction of ``optimizer.lr``.
        pretrained: Whether the encoder starts from ImageNet weights, found as by ``timm_classifier``.
        weights: A file of them, with the parameter names of timm's whole network.

    Raises:
        InputError: timm has no such encoder, it lacks a stride, or its weights are not available.

    Source:
        Lin et al. 2017, "Feature Pyramid Networks for Object Detection" (section 3), without the levels above
        stride 16.
    """

    stride = 16
    margin: int
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        name: str,
        width: int = 64,
        encoder_lr: float = 0.25,
        pretrained: bool = True,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.encoder_lr, self.margin = encoder_lr, MARGINS.get(name, 0)
        check_name(name)
        if width < 1:
            raise InputError(f"model.width={width}: give 1 or more channels")
        self.initial = "random"
        self.encoder = _encoder(name)
        if pretrained:
            whole, initial = timm.create_model(name), initial_weights(name, weights)
            load_initial(whole, name, initial)
            own = self.encoder.state_dict()
            self.encoder.load_state_dict({key: whole.state_dict()[key] for key in own})
            self.initial = initial.source
        elif weights is not None:
            raise InputError(f"model.weights={weights} is not read under model.pretrained=false: leave one of them out")
        configuration = cast(Any, timm.get_pretrained_cfg(name))
        register_moments(self, configuration.mean, configuration.std)
        channels = cast(Any, self.encoder).feature_info.channels()
        self.lateral = nn.ModuleList(nn.Conv2d(channel, width, 1) for channel in channels)
        self.smooth = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.head = nn.Conv2d(width, 1, 1)
        start_at_prior(self.head)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        features: Sequence[Tensor] = self.encoder((image - self.mean) / self.std)
        pyramid = None
        for lateral, feature in zip(reversed(list(self.lateral)), reversed(features), strict=True):
            level = lateral(feature)
            pyramid = level if pyramid is None else level + functional.interpolate(pyramid, scale_factor=2.0)
        logits = self.head(self.smooth(pyramid))
        return functional.interpolate(logits, scale_factor=4.0, mode="bilinear")

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """The encoder's parameters with the learning rate ``lr`` · ``encoder_lr``, and all others with ``lr``."""
        encoder = list(self.encoder.parameters())
        known = {id(parameter) for parameter in encoder}
        rest = [parameter for parameter in self.parameters() if id(parameter) not in known]
        return [{"params": rest, "lr": lr}, {"params": encoder, "lr": lr * self.encoder_lr}]


def _encoder(name: str) -> nn.Module:
    """Timm's network ``name``, cut off behind its features at stride 16."""
    try:
        whole = cast(Any, timm.create_model(name, features_only=True)).feature_info.reduction()
        indices = tuple(whole.index(stride) for stride in STRIDES)
        encoder = timm.create_model(name, features_only=True, out_indices=indices)
    except (RuntimeError, ValueError, AttributeError) as error:
        raise InputError(f"model.name={name}: timm gives no features at strides 4, 8 and 16 of it") from error
    _trim(encoder)
    return encoder


def _trim(encoder: nn.Module) -> None:
    """Remove the blocks behind the last feature, which timm keeps and runs in some networks."""
    encoder.eval()
    features: list[Tensor] = encoder(torch.zeros(1, 3, 64, 64))
    torch.stack([feature.sum() for feature in features]).sum().backward()
    for stages in encoder.children():
        while isinstance(stages, nn.Sequential) and len(stages) and _unused(stages[-1]):
            del stages[-1]
    encoder.zero_grad(set_to_none=True)
    encoder.train()


def _unused(stage: nn.Module) -> bool:
    parameters = list(stage.parameters())
    return bool(parameters) and all(parameter.grad is None for parameter in parameters)
