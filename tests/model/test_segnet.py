"""SegNet: its size as published, its places of maxima, and ImageNet weights of VGG16."""

from itertools import pairwise
from pathlib import Path

import pytest
import timm
import torch
from refused import refused
from torch import nn

from mitosis.model.segnet import SegNet


def channels(net: nn.Module) -> list[tuple[int, int]]:
    return [(m.in_channels, m.out_channels) for m in net.modules() if isinstance(m, nn.Conv2d)]


def test_the_decoder_mirrors_vgg16() -> None:
    with torch.device("meta"):
        net = SegNet()
    encoder = channels(net.encoders)
    assert encoder == [
        *((3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)),
        *((256, 512), (512, 512), (512, 512), (512, 512), (512, 512), (512, 512)),
    ]
    assert channels(net.decoders) == [(after, before) for before, after in reversed(encoder[1:])]
    assert channels(net.head) == [(64, 1)]


def test_the_number_of_parameters_is_that_of_the_publication() -> None:
    """14.7 M in the encoder; in all 29.45 M, as is reported, with 12 classes and biases in front of BatchNorm."""
    with torch.device("meta"):
        net = SegNet()
    biases = sum(m.out_channels for m in net.modules() if isinstance(m, nn.Conv2d) and m.bias is None)
    encoder, whole = (sum(p.numel() for p in part.parameters()) for part in (net.encoders, net))
    assert round(encoder / 1e6, 1) == 14.7
    assert round((whole + biases + 11 * (9 * 64 + 1)) / 1e6, 2) == 29.45


def test_a_decoder_puts_values_back_to_where_the_maxima_were() -> None:
    torch.manual_seed(0)
    net, pooled, put_back = SegNet((4, 4, 4, 4)).eval(), [], []
    net.encoders[0].register_forward_hook(lambda module, args, out: pooled.append(out))
    net.decoders[-1].register_forward_hook(lambda module, args, out: put_back.append(args[0]))
    with torch.no_grad():
        net(torch.rand(1, 3, 32, 32))
    (before,), (after,) = pooled, put_back
    maxima = nn.functional.interpolate(nn.functional.max_pool2d(before, 2), scale_factor=2) == before
    assert (after != 0).any()
    assert not (after != 0)[~maxima].any()


def test_imagenet_weights_give_the_features_of_vgg16(tmp_path: Path) -> None:
    """Biases in front of BatchNorm go into its mean, so the features are those of VGG16 as timm names its layers."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for before, width in pairwise([3, 64, 64, 0, 128, 128, 0, *[256] * 3, 0, *[512] * 3, 0, *[512] * 3, 0]):
        inputs = before or layers[-3].num_features  # behind a pooling, those in front of it
        one = [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()] if width else []
        layers += one or [nn.MaxPool2d(2)]
    vgg16 = nn.ModuleDict({"features": nn.Sequential(*layers)}).eval()
    with torch.device("meta"):
        of_timm = timm.create_model("vgg16_bn").state_dict()
    state = vgg16.state_dict()
    assert {k: v.shape for k, v in state.items()} == {k: v.shape for k, v in of_timm.items() if "features" in k}
    torch.save(state, tmp_path / "vgg.pth")
    net = SegNet(pretrained=True, weights=str(tmp_path / "vgg.pth")).eval()
    assert net.initial == "file vgg.pth"
    x = image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        for level in net.encoders:
            x = nn.functional.max_pool2d(level(x), 2)
        torch.testing.assert_close(x, vgg16["features"](image), rtol=1e-3, atol=1e-5)
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    said = refused(lambda: SegNet(pretrained=True, weights=str(tmp_path / "other.pth")))
    assert said == "the weights from file other.pth are not those of timm's VGG16: they lack a layer's weight"


def test_refusals() -> None:
    with pytest.raises(ValueError, match="multiples of 32"):
        SegNet((2, 2, 2, 2))(torch.rand(1, 3, 48, 32))
    assert "model.pretrained=false" in refused(lambda: SegNet((2, 2, 2, 2), pretrained=True))
