"""The convolutional blocks of the SCMitosis encoders and decoders."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mitosis.model.upsampling import doubled


def _normalised(channels: int, activate: bool) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), *([nn.ReLU(inplace=True)] if activate else [])]


class Plain(nn.Sequential):
    """A plain 3×3 convolution and BatchNorm, with ReLU if ``activate``: (B, in, H, W) to (B, out, H/s, W/s)."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1, activate: bool = True) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
            *_normalised(out_channels, activate),
        )


class DSC(nn.Sequential):
    """A depthwise separable convolution: depthwise 3×3, pointwise 1×1, BatchNorm, with ReLU if ``activate``.

    (B, in, H, W) to (B, out, H, W). It has 9·in + in·out weights where a plain layer has 9·in·out, a ratio of
    1/out + 1/9. There is no activation between the two convolutions, as in Xception.

    Source: SCMitosis (section 3.1.1), which cites Xception.
    """

    def __init__(self, in_channels: int, out_channels: int, *, activate: bool = True) -> None:
        super().__init__(
            nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            *_normalised(out_channels, activate),
        )


class EverySecond(nn.Module):
    """Every second pixel of (B, C, H, W) in both directions; followed by a 1×1 convolution, the same as stride 2.

    Kept separate because on some CPUs the backward pass of a strided 1×1 convolution over 8 channels-last channels
    writes out of bounds (seen with torch 2.15).
    """

    @override
    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, ::2, ::2]


class DSCRBa(nn.Module):
    """Residual block that halves the resolution: (B, in, H, W) to (B, out, H/2, W/2), values ≥ 0.

    A plain 3×3 convolution with stride 2, then a DSC; the shortcut is a 1×1 convolution with stride 2. As in ResNet,
    the last ReLU follows the sum.

    Source: SCMitosis (section 3.1.1, Fig. 3), DSCRB_a.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Plain(in_channels, out_channels, stride=2), DSC(out_channels, out_channels, activate=False)
        )
        self.shortcut = nn.Sequential(
            EverySecond(), nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
        )

    @override
    def forward(self, x: Float[Tensor, "batch inputs height width"]) -> Float[Tensor, "batch outputs rows columns"]:
        return functional.relu(self.body(x) + self.shortcut(x))


class DSCRBb(nn.Module):
    """Residual block that keeps the resolution: two DSCs and an identity shortcut, (B, C, H, W) to (B, C, H, W), ≥ 0.

    Source: SCMitosis (section 3.1.1, Fig. 3), DSCRB_b.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(DSC(channels, channels), DSC(channels, channels, activate=False))

    @override
    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        return functional.relu(self.body(x) + x)


class Up(nn.Module):
    """Bilinear upsampling by 2 and a 1×1 convolution, BatchNorm, ReLU: (B, in, H, W) to (B, out, 2H, 2W).

    The 1×1 convolution (without bias) is applied first: upsampling works within channels and the convolution within
    pixels, so the two commute, and this order takes a quarter of the operations.

    Source: SCMitosis (section 3.1.1).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.adjust = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    @override
    def forward(self, x: Float[Tensor, "batch inputs height width"]) -> Float[Tensor, "batch outputs rows columns"]:
        return functional.relu(self.norm(doubled(self.adjust(x))))


def _conv(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        Plain(in_channels, out_channels, stride=2), *(Plain(out_channels, out_channels) for _ in range(3))
    )


def _dsc(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        Plain(in_channels, out_channels, stride=2), *(DSC(out_channels, out_channels) for _ in range(3))
    )


def _dscrb(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(DSCRBa(in_channels, out_channels), DSCRBb(out_channels))


ENCODERS: dict[str, Callable[[int, int], nn.Sequential]] = {"conv": _conv, "dsc": _dsc, "dscrb": _dscrb}
"""Downsampling encoders of four layers, the first with stride 2. ``conv``: all plain; ``dsc``: the last three are DSCs,
without shortcuts; ``dscrb``: DSCRB_a and DSCRB_b, the same layers with shortcuts."""
