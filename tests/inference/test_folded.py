"""Folding BatchNorm into convolutions: the same results, and nothing where it would be wrong."""

import pytest
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn

from mitosis.inference.folded import folded, folded_for


def varied(model: nn.Module) -> nn.Module:
    """In evaluation mode, with statistics and weights of BatchNorm that are not 0 and 1."""
    generator = torch.Generator().manual_seed(0)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for value in (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var):
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return model.eval()


def norms(model: nn.Module) -> int:
    return sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())


def sample(seed: int = 0) -> Tensor:
    return torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


def test_one_value_by_hand() -> None:
    """A convolution by 2, less a mean of 1, over a deviation of 2, times 3, plus 4: 5 → (10 − 1) / 2 · 3 + 4 = 17.5."""
    model = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1, eps=0.0)).eval()
    for value, number in zip((model[0].weight, model[1].weight, model[1].bias), (2.0, 3.0, 4.0), strict=True):
        value.data.fill_(number)
    model[1].running_mean.fill_(1.0)
    model[1].running_var.fill_(4.0)
    fast = folded(model, torch.ones(1, 1, 2, 2))
    assert norms(fast) == 0
    assert (fast[0].weight.item(), fast[0].bias.item()) == (3.0, 2.5)
    assert fast(torch.full((1, 1, 1, 1), 5.0)).item() == 17.5
    assert norms(model) == 1, "the network itself stays"


@pytest.mark.parametrize("act", [False, True])
def test_the_results_are_the_same_and_an_activation_in_the_layer_stays(act: bool) -> None:
    norm = BatchNormAct2d(4, act_layer=nn.ReLU6) if act else nn.BatchNorm2d(4)
    model = varied(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), norm, nn.ReLU(inplace=True), nn.Conv2d(4, 1, 1)))
    with torch.inference_mode():
        fast = folded(model, sample())
        assert norms(fast) == 0
        assert torch.allclose(fast(sample(1)), model(sample(1)), atol=1e-6)


class Shared(nn.Module):
    """The convolution's output is used without the BatchNorm, too."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

    def forward(self, image: Tensor) -> Tensor:
        made = self.conv(image)
        return self.norm(made) + made


@pytest.mark.parametrize(
    "model",
    [
        Shared(),
        nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True), nn.BatchNorm2d(4)),
        nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1)),
    ],
    ids=["shared", "changed", "before"],
)
def test_where_it_would_be_wrong_nothing_is_folded(model: nn.Module) -> None:
    fast = folded(varied(model), sample())
    assert norms(fast) == 1
    assert torch.equal(fast(sample(1)), model(sample(1)))


def test_a_network_without_batch_norm_is_not_even_run() -> None:
    class Alone(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            raise AssertionError

    assert isinstance(folded(Alone(), sample()), Alone)


def test_a_segmenter_is_tried_on_a_corner_that_its_stride_divides() -> None:
    sizes = []

    class Segmenter(nn.Sequential):
        stride = 24

        def forward(self, image: Tensor) -> Tensor:
            sizes.append(tuple(image.shape))
            return super().forward(image)

    model = varied(Segmenter(nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1)))
    assert norms(folded_for(model, torch.rand(3, 100, 50))) == 0
    assert set(sizes) == {(1, 3, 72, 48)}
    assert folded_for(model, torch.rand(3, 100, 20)) is model, "smaller than the stride: nothing to try it on"
