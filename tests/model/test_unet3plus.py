"""U-Net 3+: its size as published, and its full-scale connections by hand."""

import torch
from refused import refused
from torch import nn

from mitosis.model.unet3plus import FullScale, UNet3Plus


def test_the_number_of_parameters_is_that_of_the_publication() -> None:
    """26.97 M in its Table 1."""
    with torch.device("meta"):
        net = UNet3Plus()
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 2) == 26.97


def test_each_decoder_level_joins_five_scales_of_64_channels() -> None:
    """The publication's formula: the decoder level i has 9 · (Σ inputs · 64 + 320 · 320) weights."""
    with torch.device("meta"):
        net = UNet3Plus()
    inputs = {
        3: (64, 128, 256, 512, 1024),
        2: (64, 128, 256, 320, 1024),
        1: (64, 128, 320, 320, 1024),
        0: (64, 320, 320, 320, 1024),
    }
    assert [decoder.level for decoder in net.decoders] == list(inputs)
    for decoder in net.decoders:
        weights = sum(m.weight.numel() for m in decoder.modules() if isinstance(m, nn.Conv2d))
        assert weights == 9 * (sum(inputs[decoder.level]) * 64 + 320 * 320)


def test_finer_scales_are_pooled_and_coarser_ones_interpolated() -> None:
    """The middle of three levels of 8, 4 and 2 pixels, of which each skip passes one channel on unchanged."""
    level = FullScale(1, (1, 1, 1), 1).eval()
    for skip in level.skips:
        nn.init.dirac_(skip[0].weight)
        skip[1].eps = 0.0
    seen = []
    level.join.register_forward_hook(lambda module, args, out: seen.append(args[0]))
    fine, own = torch.arange(64.0).view(1, 1, 8, 8), torch.rand(1, 1, 4, 4)
    coarse = torch.tensor([[[[0.0, 4.0], [0.0, 4.0]]]])
    level([fine, own, coarse])
    (joined,) = seen
    torch.testing.assert_close(joined[0, 0], fine[0, 0, 1::2, 1::2])  # the maximum of each 2 × 2 is its last
    torch.testing.assert_close(joined[0, 1], own[0, 0])
    torch.testing.assert_close(joined[0, 2], torch.tensor([[0.0, 1.0, 3.0, 4.0]]).expand(4, 4))


def test_refusals() -> None:
    assert "model.widths" in refused(lambda: UNet3Plus((4, 4, 4)))
