"""SCMitosis_Seg: the segmenter of stage one."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.convolution import DSC, ENCODERS, Plain, Up
from mitosis.model.fusion import FUSIONS
from mitosis.model.segmenter import check_sides, check_widths, start_at_prior


class SCMitosisSeg(nn.Module):
    """Encoder-decoder of four levels: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride`` = 8; other sizes raise ``ValueError``. The input is rescaled to [−1, 1]
    internally.

    Specified by the paper: the first encoder is two plain 3×3 convolutions; three more encoders halve the resolution,
    each a DSCRB_a and a DSCRB_b; three bilinear upsamplings with a 1×1 convolution; CSAG fuses encoder and decoder
    features; the decoder's convolutions are DSCs. In ``dscrb``, a DSC has 1/C + 1/9 = .113–.119 of the weights of the
    layer that it replaces ("about 1/8"), for C = 128, 256, 512.

    Not specified by the paper, and chosen here: the widths (64, 128, 256, 512, as in ResNet and LinkNet); the number of
    convolutions in the decoder (two per level; 3.7 M parameters in total); BatchNorm and ReLU after each convolution,
    and after each upsampling, so that E and D are alike; a 1×1 convolution as the head, with its bias initialised to
    the logit of 0.01, about the fraction of mitotic pixels (starting at 0.5, the first hundreds of steps would only
    learn the background); in the attention modules, CBAM's pooling (mean and maximum), 7×7 kernel and reduction ratio
    (16, with at least 8 units); the wiring of the GRU, described in ``CSAG``.

    All fusions except ``add`` pool over the whole input, so the output at a pixel depends on the window around it.

    Args:
        widths: Channels of the four levels.
        encoder: ``dscrb`` (the paper's), ``dsc`` (the same layers without shortcuts; Table 2, rows DSC) or ``conv``
            (plain 3×3 convolutions).
        fusion: ``csag`` (the paper's), ``cbam`` or ``cbam_gru`` (Table 2), or ``add`` (E + D).

    Raises:
        InputError: ``widths`` are not four positive integers, or ``encoder`` or ``fusion`` is unknown.

    Source:
        SCMitosis (section 3.1, Fig. 2b).
    """

    stride = 8

    def __init__(
        self, widths: Sequence[int] = (64, 128, 256, 512), encoder: str = "dscrb", fusion: str = "csag"
    ) -> None:
        super().__init__()
        check_widths(widths)
        for key, value, options in (("encoder", encoder, ENCODERS), ("fusion", fusion, FUSIONS)):
            if value not in options:
                raise InputError(f"model.{key}={value}: choose one of {', '.join(options)}")
        levels = list(zip(widths, widths[1:], strict=False))
        self.first = nn.Sequential(Plain(3, widths[0]), Plain(widths[0], widths[0]))
        self.encoders = nn.ModuleList(ENCODERS[encoder](fine, coarse) for fine, coarse in levels)
        self.ups = nn.ModuleList(Up(coarse, fine) for fine, coarse in reversed(levels))
        self.fusions = nn.ModuleList(FUSIONS[fusion](fine) for fine, _ in reversed(levels))
        self.decoders = nn.ModuleList(nn.Sequential(DSC(fine, fine), DSC(fine, fine)) for fine, _ in reversed(levels))
        self.head = nn.Conv2d(widths[0], 1, 1)
        start_at_prior(self.head)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        x = self.first(2.0 * image - 1.0)
        skipped = []
        for encoder in self.encoders:
            skipped.append(x)
            x = encoder(x)
        for up, fusion, decoder in zip(self.ups, self.fusions, self.decoders, strict=True):
            x = decoder(fusion(skipped.pop(), up(x)))
        return self.head(x)
