"""R2U-Net: its recurrence by hand, and its size."""

import torch
from refused import refused
from torch import nn

from mitosis.model.r2unet import R2UNet, RecurrentConvolution, RecurrentResidual


def doubling(net: nn.Module) -> None:
    """Make each 3×3 convolution multiply by 2, and BatchNorm (in evaluation) do nothing."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.weight)
            middle = module.kernel_size[0] // 2
            module.weight.data[:, :, middle, middle] = 2.0
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.eps = 0.0


def test_the_recurrence_by_hand() -> None:
    """f doubles: h(0) = 2, h(1) = 2 · (1 + 2) = 6, h(2) = 2 · (1 + 6) = 14."""
    for steps, expected in ((0, 2.0), (1, 6.0), (2, 14.0)):
        unit = RecurrentConvolution(1, steps).eval()
        doubling(unit)
        torch.testing.assert_close(unit(torch.ones(1, 1, 4, 4)), torch.full((1, 1, 4, 4), expected))


def test_a_unit_adds_its_input() -> None:
    """The 1×1 convolution makes 2 of 1, two recurrences 14 · 14 times 2, and the shortcut adds 2."""
    unit = RecurrentResidual(1, 1, steps=2).eval()
    doubling(unit)
    torch.testing.assert_close(unit(torch.ones(1, 1, 4, 4)), torch.full((1, 1, 4, 4), 2.0 + 14 * 14 * 2.0))


def test_the_number_of_parameters_is_39_million() -> None:
    """39.09 M, as comparisons report; there, each convolution also has a bias in front of its BatchNorm."""
    with torch.device("meta"):
        net = R2UNet()
    own = sum(p.numel() for p in net.parameters())
    biases = sum(m.out_channels for m in net.modules() if isinstance(m, nn.Conv2d) and m.bias is None)
    assert own == 39_084_545
    assert round((own + biases) / 1e6, 2) == 39.09


def test_repetitions_cost_no_parameters() -> None:
    with torch.device("meta"):
        once, often = (sum(p.numel() for p in R2UNet(steps=steps).parameters()) for steps in (0, 5))
    assert once == often


def test_each_level_is_as_wide_as_in_the_publication() -> None:
    with torch.device("meta"):
        net = R2UNet()
    assert [unit.adjust.out_channels for unit in net.encoders] == [64, 128, 256, 512, 1024]
    assert [(unit.adjust.in_channels, unit.adjust.out_channels) for unit in net.decoders] == [
        *((1024, 512), (512, 256), (256, 128), (128, 64))
    ]


def test_refusals() -> None:
    assert "model.steps=-1" in refused(lambda: R2UNet((4, 4, 4, 4), steps=-1))
    assert "model.widths" in refused(lambda: R2UNet((4, 4, 4, 4, 4)))
