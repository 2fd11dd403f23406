"""R2U-Net: a U-Net of recurrent residual convolutions."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.convolution import Plain
from mitosis.model.segmenter import check_sides, check_widths, contracted, expanded, start_at_prior


class RecurrentConvolution(nn.Module):
    """A 3×3 convolution that sees its own output ``steps`` times more: (B, C, H, W) to (B, C, H, W), values ≥ 0.

    h(0) = f(x), h(t) = f(x + h(t − 1)), with f a convolution, BatchNorm and ReLU; the result is h(``steps``).

    Source: R2U-Net (section III, Eq. 1 and 2), with one kernel for the input and for the state (see ``R2UNet``).
    """

    def __init__(self, channels: int, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.convolution = Plain(channels, channels)

    @override
    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        state = self.convolution(x)
        for _ in range(self.steps):
            state = self.convolution(x + state)
        return state


class RecurrentResidual(nn.Module):
    """Two recurrent convolutions and a shortcut: (B, in, H, W) to (B, out, H, W), values x + F(x).

    A 1×1 convolution first brings the input to ``out`` channels.

    Source: R2U-Net (section III, Fig. 4d, Eq. 3).
    """

    def __init__(self, in_channels: int, out_channels: int, steps: int) -> None:
        super().__init__()
        self.adjust = nn.Conv2d(in_channels, out_channels, 1)
        self.body = nn.Sequential(*(RecurrentConvolution(out_channels, steps) for _ in range(2)))

    @override
    def forward(self, x: Float[Tensor, "batch inputs height width"]) -> Float[Tensor, "batch outputs height width"]:
        x = self.adjust(x)
        return x + self.body(x)


class R2UNet(nn.Module):
    """U-Net of recurrent residual units: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride`` = 16; other sizes raise ``ValueError``. The input is rescaled to [−1, 1]
    internally.

    Specified by the source: the five levels of U-Net (64 to 1024 channels) with a recurrent residual unit on each, in
    both directions; 2×2 max-pooling down; concatenation with the features of the same level.

    Not specified, and chosen here as in the implementation that is compared most (39.09 M parameters): the kernels of a
    unit's input and of its state (w_f and w_r in Eq. 1) are one; the way up is nearest-neighbour upsampling by 2 and a
    3×3 convolution with BatchNorm and ReLU; t = 2 repetitions. The bias of the output starts at the logit of 0.01.

    Args:
        widths: Channels of the first four levels; the fifth has twice those of the fourth.
        steps: How many times a convolution sees its own output, t.

    Raises:
        InputError: ``widths`` are not four positive integers, or ``steps`` is negative.

    Source:
        Alom et al. 2018, "Recurrent Residual Convolutional Neural Network based on U-Net (R2U-Net) for Medical Image
        Segmentation" (section III).
    """

    stride = 16

    def __init__(self, widths: Sequence[int] = (64, 128, 256, 512), steps: int = 2) -> None:
        super().__init__()
        check_widths(widths)
        if steps < 0:
            raise InputError(f"model.steps={steps}: give 0 or more repetitions")
        levels = [*widths, 2 * widths[-1]]
        pairs = list(zip(levels, levels[1:], strict=False))
        self.encoders = nn.ModuleList(
            RecurrentResidual(before, width, steps) for before, width in zip((3, *levels), levels, strict=False)
        )
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2.0), Plain(deep, width)) for width, deep in reversed(pairs)
        )
        self.decoders = nn.ModuleList(RecurrentResidual(2 * width, width, steps) for width, _ in reversed(pairs))
        self.head = nn.Conv2d(widths[0], 1, 1)
        start_at_prior(self.head)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        features = contracted(2.0 * image - 1.0, self.encoders)
        return self.head(expanded(features, self.ups, self.decoders))
