import pytest
import torch
from torch import nn

from mitosis.model.convolution import DSC, ENCODERS, DSCRBa, DSCRBb, Plain, Up


def weights(module: nn.Module) -> int:
    return sum(conv.weight.numel() for conv in module.modules() if isinstance(conv, nn.Conv2d))


@pytest.mark.parametrize(("inputs", "outputs"), [(64, 64), (128, 128), (256, 256), (512, 512), (3, 7)])
def test_a_dsc_has_one_over_out_plus_a_ninth_of_the_plain_weights(inputs: int, outputs: int) -> None:
    assert weights(Plain(inputs, outputs)) == 9 * inputs * outputs
    assert weights(DSC(inputs, outputs)) == 9 * inputs + inputs * outputs
    assert weights(DSC(inputs, outputs)) / weights(Plain(inputs, outputs)) == pytest.approx(1 / outputs + 1 / 9)


def test_a_dsc_equals_a_plain_convolution_with_the_composed_kernel() -> None:
    dsc, x = DSC(3, 5).eval(), torch.randn(2, 3, 9, 7)
    kernel = dsc[1].weight * dsc[0].weight.permute(1, 0, 2, 3)  # (out, in, 1, 1) · (1, in, 3, 3)
    expected = dsc[2](nn.functional.conv2d(x, kernel, padding=1)).relu()
    torch.testing.assert_close(dsc(x), expected)


@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_halves_the_resolution_with_four_layers_of_which_the_first_is_plain(kind: str) -> None:
    encoder = ENCODERS[kind](8, 12)
    assert encoder(torch.rand(2, 8, 16, 24)).shape == (2, 12, 8, 12)
    layers = [module for module in encoder.modules() if isinstance(module, Plain | DSC)]
    assert [type(layer) for layer in layers] == [Plain, *[Plain if kind == "conv" else DSC] * 3]
    assert layers[0][0].stride == (2, 2)


def test_dscrb_a_adds_a_1x1_convolution_and_dscrb_b_the_identity() -> None:
    x = torch.randn(2, 4, 6, 6)
    down, keep = DSCRBa(4, 4).eval(), DSCRBb(4).eval()
    for block in (down, keep):
        nn.init.zeros_(block.body[-1][-1].weight)  # the BatchNorm that ends the body: only the shortcut is left
    torch.testing.assert_close(keep(x), x.relu())
    torch.testing.assert_close(down(x), down.shortcut(x).relu())
    kernel = down.shortcut[1].weight
    assert kernel.shape == (4, 4, 1, 1)
    torch.testing.assert_close(down.shortcut[:2](x), torch.einsum("oi,bihw->bohw", kernel[..., 0, 0], x[..., ::2, ::2]))


def test_upsampling_first_gives_the_same_result() -> None:
    up, x = Up(6, 3).eval(), torch.randn(2, 6, 5, 4)
    first = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(up(x), up.norm(up.adjust(first)).relu())
    assert up(x).shape == (2, 3, 10, 8)
