"""Fusion of the encoder features E with the decoder's upsampled features D, both of the same shape."""
# ruff: noqa: F722  (jaxtyping's shapes)

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.model.attention import CBAM, ChannelAttention, ConvGRU, SpatialAttention


class Add(nn.Module):
    """E + D."""

    @override
    def forward(
        self, encoded: Float[Tensor, "batch channel height width"], decoded: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel height width"]:
        return encoded + decoded


class AddCBAM(nn.Module):
    """CBAM(E + D). Source: SCMitosis (Table 2), rows with CBAM only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = CBAM(channels)

    @override
    def forward(
        self, encoded: Float[Tensor, "batch channel height width"], decoded: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel height width"]:
        return self.attention(encoded + decoded)


class CBAMGRU(nn.Module):
    """ConvGRU with 1×1 gates, input CBAM(E) and state CBAM(D). Source: SCMitosis (Table 2), rows with CBAM and GRU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.of_encoded = CBAM(channels)
        self.of_decoded = CBAM(channels)
        self.gru = ConvGRU(channels, kernel=1)

    @override
    def forward(
        self, encoded: Float[Tensor, "batch channel height width"], decoded: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel height width"]:
        return self.gru(self.of_encoded(encoded), self.of_decoded(decoded))


class CSAG(nn.Module):
    """Channel-spatial attention gate: (E + D) · CF · SF, where CF weights channels and SF weights pixels.

    Source: SCMitosis (section 3.1.2, Eq. 1–5).

        CE, CD = channel attention of E, D      in (0, 1), (B, C)             Eq. 1
        CF = sigmoid(GRUCell(CE, state CD))     in (0.26, 0.74), (B, C)       Eq. 2
        SE, SD = spatial attention of E, D      in (0, 1), (B, 1, H, W)       Eq. 3
        SF = sigmoid(ConvGRU(SE, state SD))     in (0.26, 0.74), (B, 1, H, W) Eq. 4
        (E + D) · CF · SF                       (B, C, H, W)                  Eq. 5

    The paper does not specify the wiring of the GRU (which argument is the state, the state's size, how a map passes
    through it) or whether E and D share attention weights. Here, D is the state, because it carries the information
    from the deeper levels, and E is the input; the state has C channels; for maps the GRU is convolutional with 3×3
    gates; E and D have separate attention modules. A GRU's state lies in (−1, 1), and the sigmoids map it to positive
    weights.

    Scale at initialisation: the GRU's new state is about halfway between its candidate state (near 0) and the old state
    (near 0.5), so CF and SF are near sigmoid(0.25) = 0.56 and their product near 0.32. The mean of the product varies
    between 0.23 and 0.38 with the initialisation, for any width; the product itself always lies in (0.07, 0.54). The
    next convolution's BatchNorm removes this factor, so three gates in a row do not shrink the signal.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channel_of_encoded = ChannelAttention(channels)
        self.channel_of_decoded = ChannelAttention(channels)
        self.channel_gru = nn.GRUCell(channels, channels)
        self.spatial_of_encoded = SpatialAttention()
        self.spatial_of_decoded = SpatialAttention()
        self.spatial_gru = ConvGRU(1, kernel=3)

    def weights(
        self, encoded: Float[Tensor, "batch channel height width"], decoded: Float[Tensor, "batch channel height width"]
    ) -> tuple[Float[Tensor, "batch channel 1 1"], Float[Tensor, "batch 1 height width"]]:
        """CF and SF, Eq. 1–4."""
        channel = self.channel_gru(self.channel_of_encoded(encoded), self.channel_of_decoded(decoded))
        spatial = self.spatial_gru(self.spatial_of_encoded(encoded), self.spatial_of_decoded(decoded))
        return torch.sigmoid(channel)[:, :, None, None], torch.sigmoid(spatial)

    @override
    def forward(
        self, encoded: Float[Tensor, "batch channel height width"], decoded: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel height width"]:
        channel, spatial = self.weights(encoded, decoded)
        return (encoded + decoded) * channel * spatial


FUSIONS: dict[str, Callable[[int], nn.Module]] = {
    "add": lambda channels: Add(),
    "cbam": AddCBAM,
    "cbam_gru": CBAMGRU,
    "csag": CSAG,
}
"""Constructors of the fusions, each taking the number of channels, by their name in ``model.fusion``."""
