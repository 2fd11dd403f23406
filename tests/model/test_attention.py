import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mitosis.model.attention import CBAM, ChannelAttention, ConvGRU, SpatialAttention


def test_channel_attention_by_hand() -> None:
    attention = ChannelAttention(2)
    for parameter in attention.parameters():
        nn.init.zeros_(parameter)
    attention.mlp[0].weight.data[0] = torch.tensor([1.0, -1.0])  # one unit: relu(first − second channel)
    attention.mlp[2].weight.data[:, 0] = torch.tensor([1.0, -2.0])
    x = torch.tensor([[[[1.0, 5.0]], [[0.0, 1.0]]]])  # means 3 and 0.5, maxima 5 and 1: units 2.5 and 4
    torch.testing.assert_close(attention(x), torch.sigmoid(torch.tensor([[6.5, -13.0]])))


def test_spatial_attention_by_hand() -> None:
    attention = SpatialAttention()
    nn.init.zeros_(attention.convolution.weight)
    attention.convolution.weight.data[0, :, 3, 3] = torch.tensor([1.0, 10.0])  # centre: mean + 10 · maximum
    attention.convolution.bias.data.fill_(-1.0)
    x = torch.tensor([[[[0.0, 0.2]], [[0.4, 0.0]]]])
    torch.testing.assert_close(attention(x), torch.sigmoid(torch.tensor([[[[3.2, 1.1]]]])))


def test_spatial_attention_has_a_radius_of_three_pixels() -> None:
    attention, x = SpatialAttention(), torch.zeros(1, 2, 15, 15)
    moved = x.clone()
    moved[..., 7, 7] = 1.0
    changed = (attention(x) != attention(moved))[0, 0]
    assert changed[4:11, 4:11].all()
    assert changed.sum() == 49


def test_cbam_is_channel_attention_then_spatial_attention() -> None:
    cbam, x = CBAM(6), torch.randn(2, 6, 5, 7)
    weighed = x * cbam.channel(x).view(2, 6, 1, 1)
    torch.testing.assert_close(cbam(x), weighed * cbam.spatial(weighed))


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6))
def test_conv_gru_with_1x1_gates_is_the_gru_cell_at_each_pixel(
    channels: int, height: int, width: int, seed: int
) -> None:
    torch.manual_seed(seed)
    gru, cell = ConvGRU(channels, kernel=1), nn.GRUCell(channels, channels)
    cell.weight_ih.data, cell.bias_ih.data = gru.of_input.weight.data[..., 0, 0], gru.of_input.bias.data
    cell.weight_hh.data, cell.bias_hh.data = gru.of_state.weight.data[..., 0, 0], gru.of_state.bias.data
    x, state = torch.randn(2, 2, channels, height, width)
    pixels = [tensor.movedim(1, -1).reshape(-1, channels) for tensor in (x, state)]
    expected = cell(*pixels).view(2, height, width, channels).movedim(-1, 1)
    torch.testing.assert_close(gru(x, state), expected)


def test_conv_gru_with_3x3_gates_has_a_radius_of_one_pixel_in_both_arguments() -> None:
    gru, zero = ConvGRU(1, kernel=3), torch.zeros(1, 1, 9, 9)
    spot = zero.clone()
    spot[..., 4, 4] = 1.0
    for moved in (gru(spot, zero), gru(zero, spot)):
        changed = (moved != gru(zero, zero))[0, 0]
        assert changed[3:6, 3:6].all()
        assert changed.sum() == 9


@pytest.mark.parametrize("update", [-1e4, 1e4])
def test_conv_gru_keeps_the_state_or_replaces_it(update: float) -> None:
    gru = ConvGRU(3, kernel=1)
    gru.of_input.bias.data[3:6] = update
    x, state = torch.randn(2, 1, 3, 4, 4)
    new = gru(x, state)
    if update > 0:
        torch.testing.assert_close(new, state)
    else:
        assert new.abs().max() <= 1.0
