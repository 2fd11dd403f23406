from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from torch import nn

from mitosis.errors import InputError
from mitosis.model.unet_mitosis import UNetMitosis
from mitosis.run.build import build

CONF = Path(__file__).parents[2] / "conf" / "model" / "unet_mitosis.yaml"
NARROW = (4, 8, 12)


def convolutions(net: nn.Module) -> list[tuple[int, int, int]]:
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    return [(m.in_channels, m.out_channels, m.kernel_size[0]) for m in net.modules() if isinstance(m, kinds)]


def test_channels_match_the_paper() -> None:
    with torch.device("meta"):
        net = UNetMitosis()
    assert convolutions(net.encoders) == [
        (3, 32, 3),
        (32, 32, 3),
        (32, 64, 3),
        (64, 64, 3),
        (64, 128, 3),
        (128, 128, 3),
    ]
    assert convolutions(net.bottleneck) == [(128, 128, 3)] * 2
    assert convolutions(net.ups) == [(128, 128, 2), (128, 64, 2), (64, 32, 2)]
    decoders = [(256, 128, 3), (128, 128, 3), (128, 64, 3), (64, 64, 3), (64, 32, 3), (32, 32, 3)]
    assert convolutions(net.decoders) == decoders
    assert (net.head.in_channels, net.head.out_channels, net.head.kernel_size) == (32, 1, (1, 1))


def test_number_of_parameters_by_hand() -> None:
    def double(a: int, b: int) -> int:
        return 9 * a * b + 9 * b * b + 4 * b  # two convolutions without bias, two BatchNorms

    encoder = double(3, 32) + double(32, 64) + double(64, 128) + double(128, 128)
    ups = 4 * (128 * 128 + 128 * 64 + 64 * 32) + 128 + 64 + 32
    decoder = double(256, 128) + double(128, 64) + double(64, 32)
    with torch.device("meta"):
        assert sum(p.numel() for p in UNetMitosis().parameters()) == encoder + ups + decoder + 32 + 1


def test_as_configured() -> None:
    config = OmegaConf.to_container(OmegaConf.load(CONF))
    with torch.device("meta"):
        configured = build(config["model"], "model")
    assert isinstance(configured, UNetMitosis)
    assert convolutions(configured) == convolutions(UNetMitosis())
    assert {m.p for m in configured.modules() if isinstance(m, nn.Dropout2d)} == {0.1}


def test_gradients_reach_every_parameter() -> None:
    torch.manual_seed(0)
    net = UNetMitosis((8, 12, 16))
    (net(torch.rand(2, 3, 32, 40)) * torch.randn(2, 1, 32, 40)).sum().backward()
    assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_every_skip_connection_affects_the_output() -> None:
    torch.manual_seed(0)
    net, image = UNetMitosis(NARROW).eval(), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        before = net(image)
        for stage in range(3):
            hook = net.encoders[stage].register_forward_hook(lambda module, args, out: out + 1.0)
            assert (net(image) - before).abs().max() > 1e-4
            hook.remove()


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 8), st.integers(1, 8))
def test_any_multiple_of_the_stride_is_accepted(rows: int, columns: int) -> None:
    net = UNetMitosis(NARROW).eval()
    with torch.no_grad():
        logits = net(torch.rand(1, 3, rows * 8, columns * 8))
    assert logits.shape == (1, 1, rows * 8, columns * 8)
    assert logits.isfinite().all()


def test_starts_at_the_prior() -> None:
    torch.manual_seed(0)
    net = UNetMitosis().eval()
    nn.init.zeros_(net.head.weight)
    with torch.no_grad():
        torch.testing.assert_close(net(torch.rand(1, 3, 16, 16)).sigmoid(), torch.full((1, 1, 16, 16), 0.01))


def test_invalid_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 8"):
        UNetMitosis(NARROW)(torch.rand(1, 3, 12, 16))
    for widths in ((32, 64), (32, 64, 0), (32, 64, 128, 256)):
        with pytest.raises(InputError, match="three positive integers"):
            UNetMitosis(widths)
    with pytest.raises(InputError, match="model.dropout=1"):
        UNetMitosis(NARROW, dropout=1.0)
