"""The wrapper around smp's segmenters: stride, start, weights and refusals. What all promise is in test_contract.py."""

from pathlib import Path

import huggingface_hub
import pytest
import timm
import torch
from refused import refused
from torch import nn

from mitosis.model.smp import SMPSegmenter

NARROW = (4, 4, 8, 8)


@pytest.mark.parametrize(("architecture", "stride"), [("PSPNet", 8), ("DeepLabV3Plus", 16), ("Linknet", 32)])
def test_it_knows_its_stride(architecture: str, stride: int) -> None:
    net = SMPSegmenter(architecture, "resnet18", NARROW).eval()
    assert net.stride == stride
    with torch.no_grad():
        assert net(torch.rand(1, 3, stride, 3 * stride)).shape == (1, 1, stride, 3 * stride)
    with pytest.raises(ValueError, match=f"multiples of {stride}"):
        net(torch.rand(1, 3, stride // 2, stride))


def test_linknet34_has_the_channels_of_the_publication() -> None:
    """Its Table 1: 64, 128, 256 and 512 channels on the levels of the encoder."""
    with torch.device("meta"):
        net = SMPSegmenter("Linknet", "resnet34", (64, 128, 256, 512))
    assert net.net.encoder.out_channels == [3, 64, 64, 128, 256, 512]
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 2) == 21.77


def test_no_1x1_convolution_has_a_stride_and_the_features_stay_those_of_timm() -> None:
    """On some CPUs the backward pass of such a convolution over 8 channels-last channels writes out of bounds."""
    torch.manual_seed(0)
    net = SMPSegmenter("FPN", "resnet18", (4, 8, 8, 8)).eval()
    own = [module for module in net.modules() if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1)]
    assert {module.stride for module in own} == {(1, 1)}
    source = timm.create_model("resnet18", features_only=True, channels=(4, 8, 8, 8)).eval()
    net.net.encoder.model.load_state_dict(source.state_dict())
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        features = net.net.encoder(image)[1:]
        for one, expected in zip(features, source(image), strict=True):
            torch.testing.assert_close(one, expected)


def test_it_starts_at_the_prior() -> None:
    net = SMPSegmenter("FPN", "resnet18", NARROW).eval()
    nn.init.zeros_(net.net.segmentation_head[0].weight)
    with torch.no_grad():
        assert net(torch.rand(1, 3, 32, 32)).sigmoid() == pytest.approx(0.01, rel=1e-4)


def test_the_input_is_normalised_as_the_encoder_expects() -> None:
    net = SMPSegmenter("FPN", "tf_efficientnet_lite0").eval()
    assert net.mean.flatten().tolist() == net.std.flatten().tolist() == [0.5, 0.5, 0.5]
    image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(net(image), net.net(2 * image - 1))


@pytest.mark.parametrize("name", ["resnet18", "convnextv2_atto"])
def test_weights_from_a_file(tmp_path: Path, name: str) -> None:
    """ConvNeXt's feature lists have other names for the levels than the network itself."""
    torch.manual_seed(0)
    source = timm.create_model(name)
    torch.save(source.state_dict(), tmp_path / "imagenet.pth")
    net = SMPSegmenter("FPN", name, pretrained=True, weights=str(tmp_path / "imagenet.pth"))
    assert net.initial == "file imagenet.pth"
    first = next(source.parameters())
    assert torch.equal(next(net.net.encoder.parameters()), first)


def test_an_unreachable_hub_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    said = refused(lambda: SMPSegmenter("Segformer", "mit_b0", pretrained=True))
    assert "the ImageNet weights of mit_b0 (smp-hub/mit_b0.imagenet) cannot be fetched" in said
    assert "model.pretrained=false" in said


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(1)}, tmp_path / "other.pth")
    weights = str(tmp_path / "other.pth")
    said = refused(lambda: SMPSegmenter("Segformer", "mit_b0", pretrained=True, weights=weights))
    assert said == "the weights from file other.pth are not those of smp's mit_b0"


def test_refusals() -> None:
    assert "choose one of DeepLabV3Plus, FPN" in refused(lambda: SMPSegmenter("Xnet", "resnet18"))
    assert "timm has no such network" in refused(lambda: SMPSegmenter("FPN", "resnet17"))
    assert "model.widths=[4]" in refused(lambda: SMPSegmenter("FPN", "resnet18", (4,)))
    assert "smp's FPN cannot be built on it" in refused(lambda: SMPSegmenter("FPN", "vit_tiny_patch16_224"))
    assert "smp's FPN cannot be built on it" in refused(lambda: SMPSegmenter("FPN", "mobilenetv3_large_100", NARROW))
    said = refused(lambda: SMPSegmenter("FPN", "resnet18", NARROW, pretrained=True))
    assert "there are ImageNet weights for [64, 128, 256, 512] only" in said
