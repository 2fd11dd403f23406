"""FCN-8s: its size as published, and its way up by hand."""

import torch
from refused import refused
from torch import nn

from mitosis.model.fcn import FCN


def test_the_number_of_parameters_is_that_of_the_publication() -> None:
    """134 M in its Table 1: those of VGG16 without its last layer (138.36 M less 4.10 M), and the scores."""
    with torch.device("meta"):
        net = FCN()
    vgg16 = 138_357_544 - 4_097_000
    scores = 4096 + 512 + 256 + 1 + 2 * 16
    assert sum(p.numel() for p in net.parameters()) == vgg16 + scores
    assert round((vgg16 + scores) / 1e6) == 134


def test_each_pooling_is_scored_at_its_own_scale() -> None:
    torch.manual_seed(0)
    net, seen = FCN((2, 2, 3, 4)).eval(), []
    for score in net.scores:
        score.register_forward_hook(lambda module, args, out: seen.append((tuple(args[0].shape), tuple(out.shape))))
    with torch.no_grad():
        net(torch.rand(1, 3, 64, 64))
    assert seen == [
        *(((1, 32, 2, 2), (1, 1, 2, 2)), ((1, 4, 4, 4), (1, 1, 4, 4))),
        ((1, 3, 8, 8), (1, 1, 8, 8)),
    ]


def test_it_starts_with_bilinear_interpolation() -> None:
    up = FCN((2, 2, 2, 2)).ups[0]
    x = torch.rand(1, 1, 6, 6)
    with torch.no_grad():
        bilinear = nn.functional.interpolate(x, scale_factor=2, mode="bilinear")
        torch.testing.assert_close(up(x)[..., 1:-1, 1:-1], bilinear[..., 1:-1, 1:-1])


def test_it_starts_at_the_prior() -> None:
    net = FCN((2, 2, 2, 2)).eval()
    for score in net.scores:
        nn.init.zeros_(score.weight)
    with torch.no_grad():
        torch.testing.assert_close(net(torch.rand(1, 3, 32, 32)).sigmoid(), torch.full((1, 1, 32, 32), 0.01))


def test_imagenet_weights_need_the_widths_of_vgg16() -> None:
    assert "model.widths=[2, 2, 2, 2]: there are ImageNet weights for [64, 128, 256, 512] only" in refused(
        lambda: FCN((2, 2, 2, 2), pretrained=True)
    )
