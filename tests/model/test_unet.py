"""The first U-Net against its publication."""

import pytest
import torch
from refused import refused
from torch import nn

from mitosis.model.unet import UNet


def convolutions(net: nn.Module) -> list[tuple[int, int, int]]:
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    return [(m.in_channels, m.out_channels, m.kernel_size[0]) for m in net.modules() if isinstance(m, kinds)]


def test_its_23_convolutions_are_those_of_the_publication() -> None:
    with torch.device("meta"):
        net = UNet()
    down = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    assert convolutions(net.encoders) == [(a, b, 3) for a, b in [*down, (512, 1024), (1024, 1024)]]
    assert convolutions(net.ups) == [(1024, 512, 2), (512, 256, 2), (256, 128, 2), (128, 64, 2)]
    up = [(1024, 512), (512, 512), (512, 256), (256, 256), (256, 128), (128, 128), (128, 64), (64, 64)]
    assert convolutions(net.decoders) == [(a, b, 3) for a, b in up]
    assert convolutions(net.head) == [(64, 1, 1)]
    assert len(convolutions(net)) == 23
    assert sum(p.numel() for p in net.parameters()) == 31_031_745  # 31.03 M, as is often quoted
    assert not any(isinstance(module, nn.BatchNorm2d) for module in net.modules())


def test_every_skip_connection_affects_the_output() -> None:
    torch.manual_seed(0)
    net, image = UNet((4, 4, 8, 8)).eval(), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        before = net(image)
        for level in range(5):
            hook = net.encoders[level].register_forward_hook(lambda module, args, out: out + 1.0)
            assert (net(image) - before).abs().max() > 1e-4
            hook.remove()


def test_initial_weights_keep_the_scale_of_the_signal() -> None:
    """Deviation √(2 / N): for the second convolution of the first level N is 9 · 64."""
    torch.manual_seed(0)
    weight = UNet((64, 4, 4, 4)).encoders[0][2].weight
    assert weight.std().item() == pytest.approx((2 / 576) ** 0.5, rel=0.02)


def test_dropout_is_at_the_end_of_the_contracting_path() -> None:
    torch.manual_seed(0)
    net, seen = UNet((2, 2, 2, 2), dropout=0.9), []
    net.dropout.register_forward_hook(lambda module, args, out: seen.append(tuple(out.shape)))
    net(torch.rand(1, 3, 32, 32))
    assert seen == [(1, 2, 4, 4), (1, 4, 2, 2)]


def test_refusals() -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        UNet((2, 2, 2, 2))(torch.rand(1, 3, 24, 32))
    assert "model.widths=[4, 8]" in refused(lambda: UNet((4, 8)))
