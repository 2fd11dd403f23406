"""How a decoder level joins the encoder's features E with its own upsampled features D of the same shape."""
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
    """CBAM(E + D): SCMitosis (Table 2), rows with CBAM alone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = CBAM(channels)

    @override
    def forward(
        self, encoded: Float[Tensor, "batch channel height width"], decoded: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel height width"]:
        return self.attention(encoded + decoded)


class CBAMGRU(nn.Module):
    """ConvGRU with 1×1 gates of input CBAM(E) and state CBAM(D): SCMitosis (Table 2), rows with CBAM and GRU."""

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
    """Channel-spatial attention gate: (E + D) · CF · SF, where CF weighs channels and SF pixels.

    Source: SCMitosis (section 3.1.2, Eq. 1–5).

        CE, CD = channel attention of E, D      in (0, 1), (B, C)             Eq. 1
        CF = sigmoid(GRUCell(CE, state CD))     in (0.26, 0.74), (B, C)       Eq. 2
        SE, SD = spatial attention of E, D      in (0, 1), (B, 1, H, W)       Eq. 3
        SF = sigmoid(ConvGRU(SE, state SD))     in (0.26, 0.74), (B, 1, H, W) Eq. 4
        (E + D) · CF · SF                       (B, C, H, W)                  Eq. 5

    The paper leaves open the wiring of the GRU (which argument is the state, its size, how a map passes through it)
    and whether E and D share weights. Here D, which carries what deeper levels found, is the state, and E the input;
    the state has C channels; on maps the GRU is a convolutional one with 3×3 gates; E and D each have their own
    attention. A GRU's state lies in (−1, 1), hence the sigmoids, which make CF and SF weights.

    Scale: the GRU's new state starts about halfway between its proposal (near 0) and the old state (near 0.5), so CF
    and SF start near sigmoid(0.25) = 0.56 and the product CF · SF near 0.32: its mean is 0.23 to 0.38 from one
    initialisation to another, whatever the width. It lies in (0.07, 0.54) always. The BatchNorm of the convolution
    that follows takes the factor out again, so three gates in a row do not shrink the signal.
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
"""A fusion of ``channels`` channels, by the word that ``model.fusion`` takes."""
