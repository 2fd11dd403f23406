import math
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from mitosis.loss.bce_tversky import BCETversky

CONF = Path(__file__).parents[2] / "conf" / "loss"


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def batch(seed: int, share: float = 0.3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(3, 1, 6, 5, generator=generator)
    return logits, (torch.rand(3, 1, 6, 5, generator=generator) < share).float()


def test_by_hand() -> None:
    """Two tiles of two pixels: p = 0.8 and 0.4 on mitoses, 0.5 and 0.1 beside them; one ratio for both tiles."""
    logits = torch.tensor([logit(p) for p in (0.8, 0.5, 0.4, 0.1)]).view(2, 1, 1, 2)
    target = torch.tensor([1.0, 0.0, 1.0, 0.0]).view(2, 1, 1, 2)
    bce = -(math.log(0.8) + math.log(0.5) + math.log(0.4) + math.log(0.9)) / 4
    tp, fp, fn = 1.2, 0.6, 0.8
    assert BCETversky(smooth=0.0)(logits, target).item() == pytest.approx(
        0.3 * bce + 0.7 * (1 - tp / (tp + 0.3 * fp + 0.7 * fn)), rel=1e-6
    )
    assert BCETversky()(logits, target).item() == pytest.approx(
        0.3 * bce + 0.7 * (1 - (tp + 1) / (tp + 0.3 * fp + 0.7 * fn + 1)), rel=1e-6
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 1.0]))
def test_against_segmentation_models(seed: int, smooth: float) -> None:
    from segmentation_models_pytorch.losses import TverskyLoss

    logits, target = batch(seed)
    target[0, 0, 0, 0] = 1.0  # theirs is 0 for an empty batch
    reference = TverskyLoss("binary", alpha=0.3, beta=0.7, from_logits=True, smooth=smooth)(logits, target)
    bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(BCETversky(smooth=smooth)(logits, target), 0.3 * bce + 0.7 * reference)


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=20)
def test_tiles_and_pixels_in_any_order_and_arrangement(seed: int) -> None:
    logits, target = batch(seed)
    order = torch.randperm(logits.numel())
    shuffled = [tensor.flatten()[order].view(1, 1, 9, 10) for tensor in (logits, target)]
    torch.testing.assert_close(BCETversky()(*shuffled), BCETversky()(logits, target))


def test_a_missed_pixel_costs_more_than_a_false_one() -> None:
    target = torch.zeros(1, 1, 4, 4)
    target[..., :2, :] = 1.0
    perfect = 20 * (2 * target - 1)
    missed, false = perfect.clone(), perfect.clone()
    missed[..., 0, 0] *= -1
    false[..., 3, 3] *= -1
    loss = BCETversky(bce_weight=0.0)
    assert loss(perfect, target) < loss(false, target) < loss(missed, target)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("fill", [0.0, 1.0, None])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_finite_at_the_extremes(dtype: torch.dtype, fill: float | None, scale: float) -> None:
    logits, target = batch(0)
    logits = (logits.sign() * scale).to(dtype).requires_grad_()
    target = target if fill is None else torch.full_like(target, fill)
    loss = BCETversky()(logits, target.to(dtype))
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.shape == ()
    assert loss.isfinite()
    assert loss >= 0
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_nothing_to_pay_where_all_is_right(fill: float) -> None:
    target = torch.full((2, 1, 8, 8), fill)
    assert BCETversky()(1e4 * (2 * target - 1), target).item() == 0.0


def test_it_computes_in_float32_inside_autocast() -> None:
    logits, target = batch(1)
    logits = logits.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = BCETversky()(logits, target)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, BCETversky()(logits.float(), target))


def test_half_precision_sums_of_many_pixels_do_not_overflow() -> None:
    logits, target = torch.full((2, 1, 512, 512), 20.0).half(), torch.ones(2, 1, 512, 512).half()
    assert BCETversky()(logits, target).item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("logits", "target"),
    [((2, 1, 4, 4), (2, 4, 4)), ((2, 4, 4), (2, 4, 4)), ((2, 1, 4, 4), (2, 1, 4, 1)), ((2, 2, 4, 4), (2, 2, 4, 4))],
)
def test_other_shapes_are_refused(logits: tuple[int, ...], target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="both must be the same"):
        BCETversky()(torch.zeros(logits), torch.zeros(target))


def test_yamls() -> None:
    loss = instantiate(OmegaConf.load(CONF / "bce_tversky.yaml"))
    assert isinstance(loss, BCETversky)
    assert (loss.bce_weight, loss.tversky_weight, loss.alpha, loss.beta, loss.smooth) == (0.3, 0.7, 0.3, 0.7, 1.0)
    assert isinstance(instantiate(OmegaConf.load(CONF / "cross_entropy.yaml")), torch.nn.CrossEntropyLoss)
