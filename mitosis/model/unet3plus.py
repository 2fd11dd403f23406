"""U-Net 3+: every decoder level sees every scale."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mitosis.model.convolution import Plain
from mitosis.model.segmenter import check_sides, check_widths, contracted, start_at_prior


class FullScale(nn.Module):
    """A decoder level that sees all five scales: features of level 1, 2 … 5 to (B, 5·C, H/2ⁱ⁻¹, W/2ⁱ⁻¹).

    With E the encoder's features, D the decoder's, C the convolutions of 3×3 with BatchNorm and ReLU to ``width``
    channels, and H the same to five times as many, level i of N is

        D_i = H([C(pooled(E_k)) for k < i, C(E_i), C(upsampled(D_k)) for k > i]), with D_N = E_N

    Source: U-Net 3+ (section 2.1, Eq. 1).
    """

    def __init__(self, level: int, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.level = level
        self.skips = nn.ModuleList(Plain(own, width) for own in channels)
        self.join = Plain(len(channels) * width, len(channels) * width)

    @override
    def forward(self, features: Sequence[Tensor]) -> Tensor:
        scaled = [skip(self._scaled(x, of)) for of, (skip, x) in enumerate(zip(self.skips, features, strict=True))]
        return self.join(torch.cat(scaled, dim=1))

    def _scaled(self, x: Tensor, of: int) -> Tensor:
        factor = 2 ** abs(of - self.level)
        if of < self.level:
            return functional.max_pool2d(x, factor)
        return functional.interpolate(x, scale_factor=float(factor), mode="bilinear") if of > self.level else x


class UNet3Plus(nn.Module):
    """U-Net with full-scale skip connections: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride`` = 16; other sizes raise ``ValueError``. The input is rescaled to [−1, 1]
    internally.

    Specified by the source: an encoder of five levels (64 to 1024 channels), each two 3×3 convolutions with BatchNorm
    and ReLU, and 2×2 max-pooling between them; four decoder levels, each of which joins all five scales with 64
    channels from each (see ``FullScale``); a 3×3 convolution as the output. It has 26.97 M parameters.

    Left out: deep supervision and the classification-guided module, which need a loss of their own. The bias of the
    output starts at the logit of 0.01.

    Args:
        widths: Channels of the first four levels; the fifth has twice those of the fourth. Each scale gives as many
            channels to a decoder level as the first level has.

    Raises:
        InputError: ``widths`` are not four positive integers.

    Source:
        Huang et al. 2020, "UNet 3+: A Full-Scale Connected UNet for Medical Image Segmentation" (section 2.1).
    """

    stride = 16

    def __init__(self, widths: Sequence[int] = (64, 128, 256, 512)) -> None:
        super().__init__()
        check_widths(widths)
        levels = [*widths, 2 * widths[-1]]
        count, joined = len(levels), len(levels) * widths[0]
        self.encoders = nn.ModuleList(
            nn.Sequential(Plain(before, width), Plain(width, width))
            for before, width in zip((3, *levels), levels, strict=False)
        )
        self.decoders = nn.ModuleList(
            FullScale(level, [*levels[: level + 1], *[joined] * (count - level - 2), levels[-1]], widths[0])
            for level in reversed(range(count - 1))
        )
        self.head = nn.Conv2d(joined, 1, 3, padding=1)
        start_at_prior(self.head)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        features = contracted(2.0 * image - 1.0, self.encoders)
        for level, decoder in zip(reversed(range(len(self.decoders))), self.decoders, strict=True):
            features[level] = decoder(features)  # takes the encoder's place for the levels above
        return self.head(features[0])
