"""SCMitosis_Seg: the segmenter of stage one."""
# ruff: noqa: F722  (jaxtyping's shapes)

import math
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.model.convolution import DSC, ENCODERS, Plain, Up
from mitosis.model.fusion import FUSIONS

PRIOR = 0.01


class SCMitosisSeg(nn.Module):
    """Encoder and decoder of four levels: (B, 3, H, W) in [0, 1] to the logits (B, 1, H, W) of a pixel being mitosis.

    H and W are any multiples of ``stride`` = 8; another size raises ``ValueError``. The input is centred inside, to
    [−1, 1]. Source: SCMitosis (section 3.1, Fig. 2b).

    ``encoder``: ``dscrb`` is the paper's, ``dsc`` has the same layers without shortcuts (Table 2, rows DSC), ``conv``
    plain 3×3 convolutions. ``fusion``: ``csag`` is the paper's, ``cbam`` and ``cbam_gru`` are Table 2's, ``add`` is
    E + D. An unknown word, or ``widths`` that are not four positive integers, raise ``InputError``.

    Given by the paper: the first encoder is two plain 3×3 convolutions; three more halve the resolution, each a DSCRB_a
    and a DSCRB_b; three bilinear upsamplings with a 1×1 convolution; CSAG joins encoder and decoder; the decoder's
    convolutions are DSC. In ``dscrb`` each layer that a DSC replaces has 1/C + 1/9 = .113–.119 of its weights
    ("about 1/8"), C being 128, 256, 512.

    Left open by the paper, and chosen here: the widths (64, 128, 256, 512: ResNet's and LinkNet's); the number of the
    decoder's convolutions (two a level; 3.7 M parameters in all); BatchNorm and ReLU after each convolution, also after
    each upsampling, so that E and D are of one kind; a 1×1 convolution as the head, whose bias starts at the logit of
    0.01, about the share of mitotic pixels (from 0.5 the first hundreds of steps would only lower the background); in
    the attentions, CBAM's pooling (mean and maximum), 7×7 kernel and reduction ratio (16, with at least 8 units); the
    wiring of the GRU, told at ``CSAG``: the encoder's attention is its input, the decoder's its state.

    All fusions but ``add`` pool over the whole input, so a pixel's answer depends on the window it is seen in.
    """

    stride = 8

    def __init__(
        self, widths: Sequence[int] = (64, 128, 256, 512), encoder: str = "dscrb", fusion: str = "csag"
    ) -> None:
        super().__init__()
        if len(widths) != 4 or not all(isinstance(width, int) and width > 0 for width in widths):
            raise InputError(f"model.widths={list(widths)}: give four positive integers, one for each encoder")
        for key, word, words in (("encoder", encoder, ENCODERS), ("fusion", fusion, FUSIONS)):
            if word not in words:
                raise InputError(f"model.{key}={word}: choose one of {', '.join(words)}")
        levels = list(zip(widths, widths[1:], strict=False))
        self.first = nn.Sequential(Plain(3, widths[0]), Plain(widths[0], widths[0]))
        self.encoders = nn.ModuleList(ENCODERS[encoder](fine, coarse) for fine, coarse in levels)
        self.ups = nn.ModuleList(Up(coarse, fine) for fine, coarse in reversed(levels))
        self.fusions = nn.ModuleList(FUSIONS[fusion](fine) for fine, _ in reversed(levels))
        self.decoders = nn.ModuleList(nn.Sequential(DSC(fine, fine), DSC(fine, fine)) for fine, _ in reversed(levels))
        self.head = nn.Conv2d(widths[0], 1, 1)
        nn.init.constant_(self.head.get_parameter("bias"), math.log(PRIOR / (1.0 - PRIOR)))

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        height, width = image.shape[-2:]
        if height % self.stride or width % self.stride:
            raise ValueError(f"an image of {height} x {width} pixels: both must be multiples of {self.stride}")
        x = self.first(2.0 * image - 1.0)
        skipped = []
        for encoder in self.encoders:
            skipped.append(x)
            x = encoder(x)
        for up, fusion, decoder in zip(self.ups, self.fusions, self.decoders, strict=True):
            x = decoder(fusion(skipped.pop(), up(x)))
        return self.head(x)
