"""FCN-8s: VGG16 made fully convolutional."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mitosis.model.moments import register_moments
from mitosis.model.segmenter import check_sides, check_widths, start_at_prior
from mitosis.model.vgg import load_vgg, vgg_levels

TRIANGLE = (0.25, 0.75, 0.75, 0.25)
"""The weights of linear interpolation by 2."""


class FCN(nn.Module):
    """FCN-8s on VGG16: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride`` = 32; other sizes raise ``ValueError``. Mean and deviation of ImageNet are
    taken off internally.

    Specified by the source: the 13 convolutions of VGG16 in five levels, each followed by 2×2 max-pooling; its fully
    connected layers as convolutions of 7×7 and 1×1 with 4096 channels, ReLU and dropout of 0.5; a 1×1 convolution that
    scores their output at stride 32; upsampling by 2, to which the scores of the fourth pooling are added, and again by
    2, to which those of the third are added; both are learned and start as bilinear interpolation; upsampling by 8 is
    bilinear. It has 134 M parameters.

    Otherwise than in the source, convolutions are padded to keep the size, where the first adds 100 pixels and the map
    is cropped. The bias of the finest scores starts at the logit of 0.01; the others have none.

    Args:
        widths: Channels of the first four levels; the fifth has those of the fourth, and the convolutions behind it
            have eight times as many.
        pretrained: Whether the five levels start from ImageNet weights, as in the source; found as by
            ``timm_classifier``.
        weights: A file of them, with the parameter names of timm's ``vgg16``.

    Raises:
        InputError: ``widths`` are not four positive integers, or the weights are not available.

    Source:
        Long, Shelhamer and Darrell 2015, "Fully Convolutional Networks for Semantic Segmentation" (section 4).
    """

    stride = 32
    mean: Tensor
    std: Tensor

    def __init__(
        self, widths: Sequence[int] = (64, 128, 256, 512), pretrained: bool = False, weights: str | None = None
    ) -> None:
        super().__init__()
        check_widths(widths)
        register_moments(self)
        self.levels = vgg_levels(widths, normalised=False)
        wide = 8 * widths[-1]
        self.connected = nn.Sequential(
            *(nn.Conv2d(widths[-1], wide, 7, padding=3), nn.ReLU(inplace=True), nn.Dropout(0.5)),
            *(nn.Conv2d(wide, wide, 1), nn.ReLU(inplace=True), nn.Dropout(0.5)),
        )
        self.scores = nn.ModuleList(
            nn.Conv2d(channels, 1, 1, bias=finest)
            for channels, finest in ((wide, False), (widths[3], False), (widths[2], True))
        )
        self.ups = nn.ModuleList(nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False) for _ in range(2))
        for up in self.ups:
            up.get_parameter("weight").data[0, 0] = torch.outer(torch.tensor(TRIANGLE), torch.tensor(TRIANGLE))
        start_at_prior(self.scores[-1])
        self.initial = load_vgg(self.levels, pretrained, weights)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        x = (image - self.mean) / self.std
        pooled: list[Tensor] = []
        for level in self.levels:
            x = functional.max_pool2d(level(x), 2)
            pooled.append(x)
        deep, fourth, third = (
            score(features)
            for score, features in zip(self.scores, (self.connected(x), pooled[3], pooled[2]), strict=True)
        )
        first, second = self.ups
        return functional.interpolate(third + second(fourth + first(deep)), scale_factor=8.0, mode="bilinear")
