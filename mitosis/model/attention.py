"""Channel attention, spatial attention, CBAM and a convolutional GRU: the building blocks of the fusions."""
# ruff: noqa: F722  (jaxtyping's shapes)

import torch
from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.model.pooling import over_channels, over_pixels

REDUCTION = 16
LEAST_HIDDEN = 8


class ChannelAttention(nn.Module):
    """One weight in (0, 1) per channel: (B, C, H, W) to (B, C).

    sigmoid(MLP(mean over pixels) + MLP(maximum over pixels)), with one shared MLP. Its hidden ReLU layer has C/16
    units, but at least 8: in a narrow network all of fewer units could be dead.

    Source: CBAM, cited by SCMitosis (section 3.1.2, Eq. 1).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(channels // REDUCTION, LEAST_HIDDEN)
        self.mlp = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels))

    @override
    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel"]:
        mean, maximum = over_pixels(x)
        return torch.sigmoid(self.mlp(mean) + self.mlp(maximum))


class SpatialAttention(nn.Module):
    """One weight in (0, 1) per pixel: (B, C, H, W) to (B, 1, H, W).

    Sigmoid of a 7×7 convolution over the channels' mean and maximum.

    Source: CBAM, cited by SCMitosis (section 3.1.2, Eq. 3).
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, 7, padding=3)

    @override
    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch 1 height width"]:
        return torch.sigmoid(self.convolution(torch.stack(over_channels(x), dim=1)))


class CBAM(nn.Module):
    """Convolutional block attention module: channel attention, then spatial attention; keeps the shape (B, C, H, W).

    Source: CBAM, as used in SCMitosis (section 4.2, Table 2).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channel = ChannelAttention(channels)
        self.spatial = SpatialAttention()

    @override
    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        x = x * self.channel(x)[:, :, None, None]
        return x * self.spatial(x)


class ConvGRU(nn.Module):
    """A GRU cell with k×k convolutions in place of matrix products: input and state (B, C, H, W) to the new state.

    With reset gate r, update gate z and candidate state n, as in ``torch.nn.GRUCell``: r, z = sigmoid(W x + U h);
    n = tanh(Wn x + r · Un h); new state = (1 − z) · n + z · h. For k = 1 it is a ``GRUCell`` at every pixel.
    """

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.of_input = nn.Conv2d(channels, 3 * channels, kernel, padding=kernel // 2)
        self.of_state = nn.Conv2d(channels, 3 * channels, kernel, padding=kernel // 2)

    @override
    def forward(
        self, x: Float[Tensor, "batch channel height width"], state: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel height width"]:
        x_reset, x_update, x_new = self.of_input(x).chunk(3, dim=1)
        h_reset, h_update, h_new = self.of_state(state).chunk(3, dim=1)
        reset = torch.sigmoid(x_reset + h_reset)
        update = torch.sigmoid(x_update + h_update)
        new = torch.tanh(x_new + reset * h_new)
        return new + update * (state - new)
