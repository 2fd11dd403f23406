from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from shipped import described
from torch.nn import functional

from mitosis.errors import InputError
from mitosis.model.convolution import DSC
from mitosis.model.scmitosis import SCMitosisSeg

CONF = Path(__file__).parents[2] / "conf"
AROUND = {"pretrained": True, "budget": {"widths": [64, 128, 256, 512]}}  # what the rest of the configuration brings
NARROW = (4, 8, 12, 16)
ENCODERS = ("conv", "dsc", "dscrb")
FUSIONS = ("add", "cbam", "cbam_gru", "csag")


def parameters(**kwargs) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in SCMitosisSeg(**kwargs).parameters())


def test_the_default_size_matches_the_paper() -> None:
    assert 3.6e6 < parameters() < 3.8e6


def test_every_layer_replaced_in_the_encoders_has_about_an_eighth_of_its_weights() -> None:
    """Those of the DSCRBs, of 128, 256 and 512 channels; a decoder's DSC of 64 channels would have 0.127."""
    with torch.device("meta"):
        plain, dscrb = SCMitosisSeg(encoder="conv").encoders, SCMitosisSeg(encoder="dscrb").encoders
    replaced = [module for module in dscrb.modules() if isinstance(module, DSC)]
    assert len(replaced) == 9
    originals = [layer[0].weight.numel() for encoder in plain for layer in list(encoder)[1:]]
    shares = [
        sum(convolution.weight.numel() for convolution in (layer[0], layer[1])) / original
        for layer, original in zip(replaced, originals, strict=True)
    ]
    assert all(0.11 < share < 0.12 for share in shares)


def test_size_of_each_row_of_the_ablation() -> None:
    size = {(e, f): parameters(encoder=e, fusion=f) for e in ENCODERS for f in FUSIONS}
    for fusion in FUSIONS:
        # The shortcuts: a 1×1 convolution and a BatchNorm in each DSCRB_a.
        shortcuts = sum(a * b + 2 * b for a, b in ((64, 128), (128, 256), (256, 512)))
        assert size["dscrb", fusion] - size["dsc", fusion] == shortcuts
        dsc = sum(3 * (9 * c * c - 9 * c - c * c) for c in (128, 256, 512))
        assert size["conv", fusion] - size["dsc", fusion] == dsc
    for encoder in ENCODERS:
        assert size[encoder, "add"] < size[encoder, "cbam"] < size[encoder, "cbam_gru"]
        gru = sum(6 * c * c + 6 * c for c in (64, 128, 256))
        cbam = size[encoder, "cbam"] - size[encoder, "add"]
        assert size[encoder, "cbam_gru"] - size[encoder, "add"] == 2 * cbam + gru
        assert size[encoder, "csag"] - size[encoder, "cbam_gru"] == 3 * 2 * (9 * 3 + 3)  # the 3×3 gates on maps


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("fusion", FUSIONS)
def test_gradients_reach_every_parameter(encoder: str, fusion: str) -> None:
    torch.manual_seed(0)
    net = SCMitosisSeg((16, 16, 24, 32), encoder, fusion)
    logits = net(torch.rand(2, 3, 32, 40))
    assert logits.shape == (2, 1, 32, 40)
    (logits * torch.randn(2, 1, 32, 40)).sum().backward()
    dead = [name for name, parameter in net.named_parameters() if not parameter.grad.abs().sum() > 0]
    assert dead == []
    assert all(parameter.grad.isfinite().all() for parameter in net.parameters())


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(FUSIONS))
def test_any_multiple_of_the_stride_is_accepted(rows: int, columns: int, fusion: str) -> None:
    net = SCMitosisSeg(NARROW, fusion=fusion).eval()
    height, width = rows * net.stride, columns * net.stride
    with torch.no_grad():
        logits = net(torch.rand(1, 3, height, width))
    assert logits.shape == (1, 1, height, width)
    assert logits.isfinite().all()


@pytest.mark.parametrize("size", [(12, 16), (16, 7)])
def test_another_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="multiples of 8"):
        SCMitosisSeg(NARROW)(torch.rand(1, 3, *size))


def test_a_shift_by_the_stride_shifts_the_output() -> None:
    torch.manual_seed(0)
    net = SCMitosisSeg(NARROW, fusion="add").double()
    image = torch.rand(1, 3, 256, 256, dtype=torch.double)
    for norm in (module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.momentum = 1.0
    with torch.no_grad():
        net(image)  # statistics of this image, so that its details reach the logits
        net.eval()
        still, moved, off = (net(image.roll(shift, (2, 3))) for shift in ((0, 0), (8, -16), (4, 0)))
    inner = (..., slice(112, -112), slice(112, -112))  # beyond the border's reach
    torch.testing.assert_close(moved[inner], still.roll((8, -16), (2, 3))[inner])
    assert (off[inner] - still.roll((4, 0), (2, 3))[inner]).abs().max() > 1e-2


@pytest.mark.parametrize("fusion", FUSIONS)
def test_channels_last_gives_the_same(fusion: str) -> None:
    net, image = SCMitosisSeg(NARROW, fusion=fusion).eval(), torch.rand(2, 3, 32, 48)
    with torch.no_grad():
        expected = net(image)
        last = net.to(memory_format=torch.channels_last)(image.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_bfloat16_autocast_trains(fusion: str) -> None:
    net = SCMitosisSeg((16, 16, 24, 32), fusion=fusion).to(memory_format=torch.channels_last)
    image = torch.rand(2, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = net(image)
    logits.float().square().mean().backward()
    assert logits.isfinite().all()
    assert all(p.grad.dtype == torch.float32 and p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize("fusion", ["cbam", "cbam_gru", "csag"])
def test_gradients_are_those_of_the_plain_form(monkeypatch: pytest.MonkeyPatch, fusion: str) -> None:
    torch.manual_seed(0)
    net = SCMitosisSeg(NARROW, fusion=fusion).double().to(memory_format=torch.channels_last)  # pyright: ignore
    image = torch.rand(2, 3, 32, 24, dtype=torch.float64).contiguous(memory_format=torch.channels_last)

    def gradients() -> tuple[torch.Tensor, ...]:
        return torch.autograd.grad(net(image).square().mean(), list(net.parameters()))

    ours = gradients()
    monkeypatch.setattr("mitosis.model.attention.over_pixels", lambda x: (x.mean((2, 3)), x.amax((2, 3))))
    monkeypatch.setattr("mitosis.model.attention.over_channels", lambda x: (x.mean(1), x.amax(1)))
    monkeypatch.setattr(
        "mitosis.model.convolution.doubled", lambda x: functional.interpolate(x, scale_factor=2.0, mode="bilinear")
    )
    for one, plain in zip(ours, gradients(), strict=True):
        torch.testing.assert_close(one, plain, rtol=1e-9, atol=1e-15)


def test_initial_probabilities_are_near_the_fraction_of_mitotic_pixels() -> None:
    torch.manual_seed(0)
    probability = torch.sigmoid(SCMitosisSeg((16, 32, 64, 128))(torch.rand(4, 3, 64, 64)))
    assert 0.003 < probability.mean() < 0.03


def test_it_can_learn() -> None:
    torch.manual_seed(0)
    net = SCMitosisSeg((8, 16, 24, 32))
    image = torch.rand(4, 3, 32, 32)
    image[:, :, 8:16, 8:16] *= 0.3
    mask = torch.zeros(4, 1, 32, 32)
    mask[:, :, 8:16, 8:16] = 1.0
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(30):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(image), mask)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


@pytest.mark.parametrize(
    ("kwargs", "key"),
    [
        ({"encoder": "resnet"}, "model.encoder=resnet"),
        ({"fusion": "concat"}, "model.fusion=concat"),
        ({"widths": [8, 16, 32]}, "model.widths"),
        ({"widths": [8, 16, 32, 0]}, "model.widths"),
    ],
)
def test_an_invalid_option_is_reported_with_its_key(kwargs: dict, key: str) -> None:
    with pytest.raises(InputError, match=key):
        SCMitosisSeg(**kwargs)


@pytest.mark.parametrize("word", described("model"))
def test_each_model_yaml_fits_what_it_configures(word: str) -> None:
    assert (CONF / "model" / f"{word}.yaml").read_text().startswith("# @package _global_\n")
    model = OmegaConf.to_container(OmegaConf.merge(AROUND, {"model": described("model")[word]}), resolve=True)["model"]
    module, _, name = model.pop("_target_").rpartition(".")
    signature(getattr(import_module(module), name)).bind(**model)


@pytest.mark.parametrize(
    ("row", "encoder", "fusion"),
    [
        ("dsc_cbam", "dsc", "cbam"),
        ("dsc_cbam_gru", "dsc", "cbam_gru"),
        ("dscrb_cbam", "dscrb", "cbam"),
        ("dscrb_cbam_gru", "dscrb", "cbam_gru"),
        ("full", "dscrb", "csag"),
    ],
)
def test_each_row_of_table_2_has_a_yaml(row: str, encoder: str, fusion: str) -> None:
    delta = OmegaConf.load(CONF / "ablation" / f"{row}.yaml")
    composed = OmegaConf.merge(OmegaConf.load(CONF / "model" / "scmitosis_seg.yaml"), delta)
    assert (composed.model.encoder, composed.model.fusion) == (encoder, fusion)
    assert delta.get("ablation") == (None if row == "full" else {"name": row, "for": "scmitosis_seg"})
