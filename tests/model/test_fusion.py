import math

import pytest
import torch
from torch import Tensor, nn

from mitosis.model.fusion import CSAG, FUSIONS


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def features(channels: int, size: int = 32) -> tuple[Tensor, Tensor]:
    return tuple(torch.randn(2, 2, channels, size, size).relu())


def zeroed(module: nn.Module) -> nn.Module:
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def test_add_cbam_and_cbam_gru_match_their_definitions() -> None:
    e, d = features(4)
    torch.testing.assert_close(FUSIONS["add"](4)(e, d), e + d)
    cbam, gru = FUSIONS["cbam"](4), FUSIONS["cbam_gru"](4)
    torch.testing.assert_close(cbam(e, d), cbam.attention(e + d))
    torch.testing.assert_close(gru(e, d), gru.gru(gru.of_encoded(e), gru.of_decoded(d)))


def test_csag_by_hand_on_one_pixel() -> None:
    """E = 2 and D = 3, one channel, one pixel; the candidate state uses D through a reset gate of a half."""
    gate = zeroed(CSAG(1))
    gate.channel_of_encoded.mlp[2].bias.data.fill_(0.25)  # CE = sigmoid(2 · 0.25)
    gate.channel_of_decoded.mlp[2].bias.data.fill_(-0.5)  # CD = sigmoid(−1)
    gate.channel_gru.weight_ih.data[2] = 2.0  # n = tanh(2 CE + 0.5 · 4 CD)
    gate.channel_gru.weight_hh.data[2] = 4.0
    gate.channel_gru.bias_ih.data[1] = 1.0  # z = sigmoid(1)
    gate.spatial_of_encoded.convolution.weight.data[0, :, 3, 3] = 0.5  # SE = sigmoid(2)
    gate.spatial_of_decoded.convolution.bias.data.fill_(0.3)  # SD = sigmoid(0.3)
    gate.spatial_gru.of_input.weight.data[2, 0, 1, 1] = 1.0  # n = tanh(SE), z = 0.5
    ce, cd, se, sd = sigmoid(0.5), sigmoid(-1.0), sigmoid(2.0), sigmoid(0.3)
    z = sigmoid(1.0)
    cf = sigmoid((1 - z) * math.tanh(2 * ce + 2 * cd) + z * cd)
    sf = sigmoid(0.5 * math.tanh(se) + 0.5 * sd)
    fused = gate(torch.full((1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1), 3.0))
    assert fused.item() == pytest.approx(5.0 * cf * sf, rel=1e-6)


def test_csag_of_zero_parameters() -> None:
    e, d = features(8)
    # Attentions and gates are 0.5, the candidate state 0, the new state 0.25.
    torch.testing.assert_close(zeroed(CSAG(8))(e, d), (e + d) * sigmoid(0.25) ** 2)


def test_csag_scale_at_initialisation() -> None:
    means = []
    for seed in range(30):
        torch.manual_seed(seed)
        channels = (8, 64, 256)[seed % 3]
        channel, spatial = CSAG(channels).weights(*features(channels))
        product = channel * spatial
        assert product.shape == (2, channels, 32, 32)
        means.append(product.mean().item())
        assert product.min() > 0.1
        assert product.max() < 0.5
    assert sum(means) / len(means) == pytest.approx(0.32, abs=0.03)
    assert min(means) > 0.2
    assert max(means) < 0.4


def test_csag_weights_keep_their_bounds_under_extreme_features() -> None:
    e, d = features(8)
    for scale in (0.0, 1e4):
        channel, spatial = CSAG(8).weights(e * scale, d * scale)
        for weight in (channel, spatial):
            assert sigmoid(-1.0) <= weight.min()
            assert weight.max() <= sigmoid(1.0)


def test_csag_is_shift_equivariant() -> None:
    """Global pooling is invariant to cyclic shifts, and the spatial maps have a radius of four pixels."""
    gate, (e, d) = CSAG(8).double(), features(8)
    e, d = e.double(), d.double()
    shift, inner = (5, -3), (..., slice(10, -10), slice(10, -10))
    moved = gate(e.roll(shift, (2, 3)), d.roll(shift, (2, 3)))
    torch.testing.assert_close(moved[inner], gate(e, d).roll(shift, (2, 3))[inner])


def test_csag_distinguishes_encoder_and_decoder() -> None:
    gate, (e, d) = CSAG(8), features(8)
    assert not torch.allclose(gate(e, d), gate(d, e))
