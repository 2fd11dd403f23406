"""The contract of every loss on masks."""

import inspect
import math

import pytest
import torch
from shipped import described, parts, settings
from torch import Tensor, nn

from mitosis.image.mask_value import IGNORED
from mitosis.loss.mask_loss import MaskLoss
from mitosis.run.build import build

LOSSES = parts("loss")


def batch(seed: int = 0, share: float = 0.3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(3, 1, 6, 5, generator=generator)
    return logits, (torch.rand(3, 1, 6, 5, generator=generator) < share).float()


@pytest.fixture(params=LOSSES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def loss(name: str) -> MaskLoss:
    return LOSSES[name]()


def test_a_yaml_gives_every_argument_and_builds_what_the_defaults_build(name: str, loss: nn.Module) -> None:
    taken = inspect.signature(LOSSES[name]).parameters.keys() - {"args", "kwargs"}  # those of nn.Module
    assert settings("loss", name) == taken
    built = build(described("loss")[name], "loss")
    assert type(built) is LOSSES[name]
    assert isinstance(built, MaskLoss)
    assert built(*batch()) == loss(*batch())


def test_no_parameters(loss: nn.Module) -> None:
    assert not loss.state_dict()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("fill", [0.0, 1.0, None])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_finite_at_the_extremes(loss: nn.Module, dtype: torch.dtype, fill: float | None, scale: float) -> None:
    logits, target = batch()
    logits = (logits.sign() * scale).to(dtype).requires_grad_()
    target = target if fill is None else torch.full_like(target, fill)
    value = loss(logits, target.to(dtype))
    value.backward()
    assert value.dtype == torch.float32
    assert value.shape == ()
    assert value.isfinite()
    assert value >= 0
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("fill", [0.0, 1.0, None])
def test_perfect_predictions_have_a_loss_near_zero(loss: nn.Module, fill: float | None) -> None:
    target = batch()[1] if fill is None else torch.full((2, 1, 8, 8), fill)
    assert loss(1e4 * (2 * target - 1), target).item() == 0.0


@pytest.mark.parametrize("fill", [0.0, 1.0, None])
def test_wrong_predictions_have_a_high_loss(loss: nn.Module, fill: float | None) -> None:
    target = batch()[1] if fill is None else torch.full((2, 1, 8, 8), fill)
    assert loss(1e4 * (1 - 2 * target), target) > 0.5


def test_every_pixels_gradient_points_to_its_target(loss: nn.Module) -> None:
    logits, target = batch()
    logits.requires_grad_()
    loss(logits, target).backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad < 0, target == 1)


def test_the_order_of_tiles_and_pixels_does_not_matter(loss: nn.Module) -> None:
    for seed in range(5):
        logits, target = batch(seed)
        order = torch.randperm(logits.numel())
        shuffled = [tensor.flatten()[order].view(1, 1, 9, 10) for tensor in (logits, target)]
        torch.testing.assert_close(loss(*shuffled), loss(logits, target))


def test_the_input_is_not_modified(loss: nn.Module) -> None:
    logits, target = batch()
    loss(logits, target)
    assert torch.equal(logits, batch()[0])
    assert torch.equal(target, batch()[1])


def test_it_computes_in_float32_inside_autocast(loss: nn.Module) -> None:
    logits, target = batch(1)
    logits = logits.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = loss(logits, target)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, loss(logits.float(), target))


def test_half_precision_sums_of_many_pixels_do_not_overflow(loss: nn.Module) -> None:
    logits, target = torch.full((1, 1, 512, 512), 20.0).half(), torch.ones(1, 1, 512, 512).half()
    assert loss(logits, target).item() == pytest.approx(0.0, abs=1e-6)
    assert math.isfinite(loss(-logits, target).item())


@pytest.mark.parametrize(
    ("logits", "target"),
    [((2, 1, 4, 4), (2, 4, 4)), ((2, 4, 4), (2, 4, 4)), ((2, 1, 4, 4), (2, 1, 4, 1)), ((2, 2, 4, 4), (2, 2, 4, 4))],
)
def test_other_shapes_are_refused(loss: nn.Module, logits: tuple[int, ...], target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="both must be the same"):
        loss(torch.zeros(logits), torch.zeros(target))


def ringed(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, a target with some ignored pixels, and where it is not ignored."""
    logits, target = batch(seed)
    counted = torch.rand(target.shape, generator=torch.Generator().manual_seed(seed)) < 0.6
    return logits, target.where(counted, IGNORED), counted


@pytest.mark.parametrize("seed", range(5))
def test_ignored_pixels_have_no_effect(loss: nn.Module, seed: int) -> None:
    logits, target, counted = ringed(seed)
    alone = logits[counted].view(1, 1, 1, -1).requires_grad_()
    expected = loss(alone, target[counted].view(1, 1, 1, -1))
    expected.backward()
    for there in (None, 1e4, -1e4):
        given = (logits if there is None else logits.where(counted, there)).clone().requires_grad_()
        value = loss(given, target)
        value.backward()
        assert given.grad is not None
        assert alone.grad is not None
        assert value.equal(expected)
        assert given.grad[counted].equal(alone.grad.flatten())
        assert not given.grad[~counted].any()
        assert given.grad[counted].all()


def test_a_batch_of_ignored_pixels_has_zero_loss_and_gradient(loss: nn.Module) -> None:
    for logits in (batch()[0], torch.full((1, 1, 64, 64), 60000.0).half()):
        logits.requires_grad_()
        value = loss(logits, torch.full_like(logits, IGNORED))
        value.backward()
        assert value.item() == 0
        assert value.shape == ()
        assert value.dtype == torch.float32
        assert logits.grad is not None
        assert logits.grad.eq(0).all()


def test_without_ignored_pixels_the_loss_is_exactly_compare(loss: MaskLoss) -> None:
    logits, target = batch()
    assert loss(logits, target).equal(loss.compare(logits, target))


def test_ignored_in_half_precision_inside_autocast(loss: nn.Module) -> None:
    logits, target, _ = ringed(1)
    logits = logits.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = loss(logits, target.bfloat16())
    assert inside.dtype == torch.float32
    assert inside.equal(loss(logits.float(), target))


def test_compare_never_sees_ignored_pixels() -> None:
    met = []

    class Own(MaskLoss):
        def compare(self, logits: Tensor, target: Tensor) -> Tensor:
            met.append(target)
            return (logits.sigmoid() - target).abs().mean()

    logits, target, counted = ringed()
    own = Own()(logits, target)
    torch.testing.assert_close(own, (logits.sigmoid() - target)[counted].abs().mean())
    assert met[0].shape == (1, 1, 1, int(counted.sum()))
    assert set(met[0].unique().tolist()) == {0.0, 1.0}
