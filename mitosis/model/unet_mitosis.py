"""The U-Net of "Detecting Mitosis Cells using U-Nets"."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.segmenter import check_sides, contracted, expanded, start_at_prior


class DoubleConvolution(nn.Sequential):
    """Two 3×3 convolutions with BatchNorm and ReLU, then channel dropout: (B, in, H, W) to (B, out, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            layers += [nn.Conv2d(channels, out_channels, 3, padding=1, bias=False), nn.BatchNorm2d(out_channels)]
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers, nn.Dropout2d(dropout))


class UNetMitosis(nn.Module):
    """U-Net of three stages and a bottleneck: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride`` = 8; other sizes raise ``ValueError``. The input is rescaled to [−1, 1]
    internally.

    Specified by the paper: encoder stages of 32, 64 and 128 channels, each a double convolution (BatchNorm, ReLU,
    dropout) and 2×2 max-pooling; a bottleneck of 128 channels; a decoder that mirrors the encoder, each stage a
    transposed convolution that upsamples by 2, concatenation with the encoder's features (256, 128 and 64 channels
    in total) and a double convolution to 128, 64 and 32 channels; a 1×1 convolution as the output.

    Not specified by the paper, and chosen here: the bottleneck (one double convolution); the place and rate of dropout
    (whole channels, once after each double convolution, rate 0.1); the kernel of the transposed convolutions (2×2); one
    output channel with a sigmoid, where "output classes" could also mean two with a softmax; the output's bias, which
    is initialised to the logit of 0.01, as is usual with a focal loss.

    Args:
        widths: Channels of the three stages.
        dropout: Probability of dropping a channel, in [0, 1).

    Raises:
        InputError: ``widths`` are not three positive integers, or ``dropout`` is outside [0, 1).

    Source:
        "Detecting Mitosis Cells using U-Nets" (section III).
    """

    stride = 8

    def __init__(self, widths: Sequence[int] = (32, 64, 128), dropout: float = 0.1) -> None:
        super().__init__()
        if len(widths) != 3 or not all(isinstance(width, int) and width > 0 for width in widths):
            raise InputError(f"model.widths={list(widths)}: give three positive integers, one for each stage")
        if not 0 <= dropout < 1:
            raise InputError(f"model.dropout={dropout}: give a share from 0 to below 1")
        self.encoders = nn.ModuleList(
            DoubleConvolution(before, width, dropout) for before, width in zip((3, *widths), widths, strict=False)
        )
        self.bottleneck = DoubleConvolution(widths[-1], widths[-1], dropout)
        rising = list(reversed(widths))
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(before, width, 2, stride=2)
            for before, width in zip((widths[-1], *rising), rising, strict=False)
        )
        self.decoders = nn.ModuleList(DoubleConvolution(2 * width, width, dropout) for width in rising)
        self.head = nn.Conv2d(widths[0], 1, 1)
        start_at_prior(self.head)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        features = contracted(2.0 * image - 1.0, [*self.encoders, self.bottleneck])
        return self.head(expanded(features, self.ups, self.decoders))
