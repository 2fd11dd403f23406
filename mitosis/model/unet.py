"""U-Net as first published."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.model.segmenter import check_sides, check_widths, contracted, expanded, start_at_prior


class TwoConvolutions(nn.Sequential):
    """Two 3×3 convolutions, each with ReLU and without BatchNorm: (B, in, H, W) to (B, out, H, W), values ≥ 0."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            layers += [nn.Conv2d(channels, out_channels, 3, padding=1), nn.ReLU(inplace=True)]
        super().__init__(*layers)


class UNet(nn.Module):
    """U-Net of 23 convolutions: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride`` = 16; other sizes raise ``ValueError``. The input is rescaled to [−1, 1]
    internally.

    Specified by the source: two 3×3 convolutions with ReLU on each of five levels (64, 128, 256, 512, 1024 channels),
    2×2 max-pooling between them; dropout at the end of the contracting path; back up, a 2×2 transposed convolution that
    halves the channels, concatenation with the features of the same level, and two 3×3 convolutions; a 1×1 convolution
    as the output; initial weights from a normal distribution of deviation √(2 / N), N inputs to a unit.

    Not specified, and chosen here: a dropout rate of 0.5. Otherwise than in the source, convolutions are padded, so the
    map is as large as the image; one logit takes the place of two classes; the bias of the output starts at the logit
    of 0.01.

    Args:
        widths: Channels of the first four levels; the fifth has twice those of the fourth.
        dropout: Probability of dropping a value on the last two levels of the contracting path.

    Raises:
        InputError: ``widths`` are not four positive integers.

    Source:
        Ronneberger, Fischer and Brox 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Fig. 1).
    """

    stride = 16

    def __init__(self, widths: Sequence[int] = (64, 128, 256, 512), dropout: float = 0.5) -> None:
        super().__init__()
        check_widths(widths)
        levels = [*widths, 2 * widths[-1]]
        pairs = list(zip(levels, levels[1:], strict=False))
        encoders = [TwoConvolutions(before, width) for before, width in zip((3, *levels), levels, strict=False)]
        self.dropout = nn.Dropout(dropout)
        for encoder in encoders[3:]:
            encoder.append(self.dropout)
        self.encoders = nn.ModuleList(encoders)
        self.ups = nn.ModuleList(nn.ConvTranspose2d(deep, width, 2, stride=2) for width, deep in reversed(pairs))
        self.decoders = nn.ModuleList(TwoConvolutions(2 * width, width) for width, _ in reversed(pairs))
        self.head = nn.Conv2d(widths[0], 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        start_at_prior(self.head)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        features = contracted(2.0 * image - 1.0, self.encoders)
        return self.head(expanded(features, self.ups, self.decoders))
