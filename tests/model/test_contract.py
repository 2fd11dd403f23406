"""What every network in conf/model promises, whichever it is; a new yaml is found and tested by itself."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from shipped import described
from torch import Tensor, nn

from mitosis.inference.sliding_window import predict
from mitosis.run.build import build, build_unread

AROUND = {"pretrained": False, "budget": {"widths": [4, 4, 8, 8]}}  # what budget=smoke brings, narrower
NARROW = {"unet_mitosis": {"widths": [4, 8, 12]}, "lite_fpn": {"width": 8}, "unet": {"widths": [8, 8, 8, 8]}}
SIDE = 64


@dataclass
class Trained:
    """A network behind one training step's backward pass, its description, and its answers in evaluation."""

    word: str
    description: dict[str, Any]
    net: nn.Module
    logits: Tensor
    image: Tensor
    answers: Tensor


@pytest.fixture(scope="module", params=described("model"))
def trained(request: pytest.FixtureRequest) -> Trained:
    torch.manual_seed(0)
    own = described("model")[request.param] | NARROW.get(request.param, {})
    description: Any = OmegaConf.to_container(OmegaConf.merge(AROUND, {"model": own}), resolve=True)
    net = build(description["model"], "model")
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d) and not module.weight.any():  # timm starts residual branches at zero
            nn.init.ones_(module.weight)
    image = torch.rand(2, 3, SIDE, SIDE)
    logits = net(image)
    (logits * torch.randn_like(logits)).sum().backward()
    with torch.no_grad():
        answers = net.eval()(image)
    return Trained(request.param, description["model"], net, logits, image, answers)


def test_its_answer_has_the_shape_of_its_stage(trained: Trained) -> None:
    segmenter = hasattr(trained.net, "stride")
    assert trained.logits.shape == ((2, 1, SIDE, SIDE) if segmenter else (2, 2))
    assert trained.logits.isfinite().all()


def test_gradients_reach_every_parameter(trained: Trained) -> None:
    dead = [name for name, p in trained.net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert dead == []


def test_in_evaluation_it_always_answers_alike(trained: Trained) -> None:
    """Also alone, without its neighbour in the batch."""
    with torch.no_grad():
        assert torch.equal(trained.net(trained.image), trained.answers)
        torch.testing.assert_close(trained.net(trained.image[:1]), trained.answers[:1], rtol=1e-3, atol=1e-4)


def test_its_state_makes_another_one_the_same(trained: Trained) -> None:
    """The other is built as that of a checkpoint is, from the recipe alone."""
    torch.manual_seed(1)
    other = build_unread(trained.description, "model").eval()
    with torch.no_grad():
        assert not torch.equal(other(trained.image), trained.answers)
        other.load_state_dict(trained.net.state_dict())
        assert torch.equal(other(trained.image), trained.answers)


def test_a_segmenter_takes_an_image_of_any_size(trained: Trained) -> None:
    if not hasattr(trained.net, "stride"):
        pytest.skip("a classifier")
    probability: Any = lambda batch: trained.net(batch).sigmoid()  # noqa: E731
    windows = partial(predict, stride=trained.net.stride, overlap=16, blend="mean", batch=4, max_pixels=10**6)
    for window in (SIDE, None):
        found = windows(probability, torch.rand(3, 37, 81), window=window)
        assert found.shape == (37, 81)
        assert 0 <= found.min() <= found.max() <= 1
    whole = windows(probability, trained.image[0], window=None)
    torch.testing.assert_close(whole, trained.answers[0, 0].sigmoid(), rtol=1e-3, atol=1e-4)


def test_bfloat16_autocast_trains(trained: Trained) -> None:
    """Last of all, because it changes the gradients and the statistics."""
    net = trained.net.train().to(memory_format=torch.channels_last)
    net.zero_grad()
    image = trained.image[..., :32, :32].contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = net(image)
    logits.float().square().mean().backward()
    assert logits.isfinite().all()
    assert all(p.grad.dtype == torch.float32 and p.grad.isfinite().all() for p in net.parameters())
