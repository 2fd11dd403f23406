"""SegNet: an encoder-decoder that passes the places of its maxima."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mitosis.model.moments import register_moments
from mitosis.model.segmenter import check_sides, check_widths, start_at_prior
from mitosis.model.vgg import DEPTHS, block, load_vgg, vgg_levels


class SegNet(nn.Module):
    """SegNet on VGG16 with BatchNorm: (B, 3, H, W) in [0, 1] to mitosis logits (B, 1, H, W).

    H and W must be multiples of ``stride`` = 32; other sizes raise ``ValueError``. Mean and deviation of ImageNet are
    taken off internally.

    Specified by the source: the 13 convolutions of VGG16 in five levels, each with BatchNorm and ReLU; 2×2 max-pooling
    that remembers where each maximum was; a decoder that mirrors the encoder, in which each level first puts its input
    back to these places, with zeros around (no learned upsampling, no concatenation); a 3×3 convolution as the output,
    in place of the last of the decoder. It has 29.4 M parameters, 14.7 M of them in the encoder.

    The bias of the output starts at the logit of 0.01; a convolution has no bias in front of BatchNorm.

    Args:
        widths: Channels of the first four levels; the fifth has those of the fourth.
        pretrained: Whether the encoder starts from ImageNet weights, as in the source; found as by ``timm_classifier``.
        weights: A file of them, with the parameter names of timm's ``vgg16_bn``.

    Raises:
        InputError: ``widths`` are not four positive integers, or the weights are not available.

    Source:
        Badrinarayanan, Kendall and Cipolla 2017, "SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image
        Segmentation" (section 3, Fig. 2 and 3).
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
        self.encoders = vgg_levels(widths, normalised=True)
        self.decoders = nn.ModuleList(_decoders(widths))
        self.head = nn.Conv2d(widths[0], 1, 3, padding=1)
        start_at_prior(self.head)
        self.initial = load_vgg(self.encoders, pretrained, weights)

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
        check_sides(image, self.stride)
        x = (image - self.mean) / self.std
        places: list[Tensor] = []
        for encoder in self.encoders:
            x, place = functional.max_pool2d(encoder(x), 2, return_indices=True)
            places.append(place)
        for decoder in self.decoders:
            x = decoder(functional.max_unpool2d(x, places.pop(), (2, 2)))
        return self.head(x)


def _decoders(widths: Sequence[int]) -> list[nn.Sequential]:
    """The levels of the decoder, deepest first: the last convolution of each goes to the width of the level above."""
    channels = [*widths, widths[-1]]
    levels = []
    for width, above, depth in zip(reversed(channels), [*reversed(channels[:-1]), None], reversed(DEPTHS), strict=True):
        outputs = [width] * (depth - 1) + ([] if above is None else [above])
        levels.append(nn.Sequential(*(layer for output in outputs for layer in block(width, output, normalised=True))))
    return levels
