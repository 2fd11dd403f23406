"""HiResCAM: values by hand on a linear network, and maps of the networks that are trained here."""

import pytest
import torch
from torch import Tensor, nn

from mitosis.inference.heat import heat
from mitosis.model import timm_classifier

CONVOLUTION = torch.tensor([[1.0, 0, 0], [0, 0, 1]])  # one map of what is red, one of what is blue
HEAD = torch.tensor([[0.0, 5], [3, 1]])  # logits 5 b and 3 r + b, so the log odds are 3 r - 4 b


class Linear(nn.Module):
    """The mean of what is red and of what is blue, weighted."""

    def __init__(self, *between: nn.Module, weight: Tensor = CONVOLUTION) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 2, 1, bias=False)
        self.convolution.weight.data = weight[:, :, None, None]
        self.between = nn.Sequential(*between)

    def forward(self, crops: Tensor) -> Tensor:
        return self.between(self.convolution(crops)).mean(dim=(2, 3)) @ HEAD.T


def crops() -> Tensor:
    """Black, but for a red pixel at the top left and a blue one at the bottom right."""
    image = torch.zeros(1, 3, 8, 8)
    image[0, 0, 0, 0] = image[0, 2, 7, 7] = 1
    return image


def test_what_adds_to_the_log_odds_is_positive_and_what_takes_from_them_negative():
    found = heat(Linear(), crops())
    expected = torch.zeros(1, 8, 8)
    expected[0, 0, 0], expected[0, 7, 7] = 3 / 64, -4 / 64
    assert found == pytest.approx(expected)


def test_a_place_that_is_not_used_says_nothing_whatever_its_channel_says_elsewhere():
    class UpperHalf(Linear):
        def forward(self, crops):
            return self.convolution(crops)[:, :, :4].mean(dim=(2, 3)) @ HEAD.T

    found = heat(UpperHalf(), crops())
    assert found[0, 0, 0] == pytest.approx(3 / 32)
    assert not found[0, 4:].any()


def test_maps_of_fewer_than_seven_cells_are_not_looked_at():
    larger = crops().repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    assert heat(Linear(nn.AvgPool2d(2)), larger)[0] == pytest.approx(heat(Linear(), crops())[0])
    assert heat(Linear(nn.AvgPool2d(2), nn.AvgPool2d(2)), larger).shape == (1, 8, 8)
    assert heat(Linear(nn.AvgPool2d(4)), larger).shape == (1, 16, 16)


def test_maps_are_seen_as_their_activation_leaves_them():
    found = heat(Linear(nn.ReLU(inplace=True), weight=-CONVOLUTION), crops() - 1)
    assert found[0, 3, 3] == pytest.approx((3 - 4) / 64)
    assert (found[0, 0, 0], found[0, 7, 7]) == (pytest.approx(-4 / 64), pytest.approx(3 / 64))


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet34", "convnextv2_atto"])
def test_a_network_is_left_as_it_was(name):
    model = timm_classifier(name, pretrained=False).eval()
    images = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        before = model(images)
    found = heat(model, images)
    assert found.shape == (2, 8, 8)
    assert found.isfinite().all()
    assert found[:1] == pytest.approx(heat(model, images[:1]), rel=1e-3, abs=1e-6), "crops know nothing of one another"
    with torch.inference_mode():
        assert torch.equal(model(images), before)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(layer._forward_hooks for layer in model.modules())
