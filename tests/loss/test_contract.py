"""What every loss on masks keeps to."""

import inspect
import math
from pathlib import Path

import pytest
import torch
import yaml
from hydra.utils import instantiate
from torch import Tensor, nn

from mitosis.loss.bce import BCE
from mitosis.loss.bce_tversky import BCETversky
from mitosis.loss.dice_bce import DiceBCE
from mitosis.loss.focal import Focal
from mitosis.loss.tversky import Tversky

CONF = Path(__file__).parents[2] / "conf/loss"
LOSSES = {"bce": BCE, "bce_tversky": BCETversky, "dice_bce": DiceBCE, "focal": Focal, "tversky": Tversky}


def batch(seed: int = 0, share: float = 0.3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(3, 1, 6, 5, generator=generator)
    return logits, (torch.rand(3, 1, 6, 5, generator=generator) < share).float()


@pytest.fixture(params=LOSSES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def loss(name: str) -> nn.Module:
    return LOSSES[name]()


def test_every_shipped_loss_is_here() -> None:
    assert {path.stem for path in CONF.glob("*.yaml")} - {"cross_entropy"} == LOSSES.keys()


def test_configured_as_it_is_built(name: str, loss: nn.Module) -> None:
    config = yaml.safe_load((CONF / f"{name}.yaml").read_text())
    taken = inspect.signature(LOSSES[name]).parameters.keys() - {"args", "kwargs"}  # those of nn.Module
    assert config.keys() - {"_target_"} == taken
    built = instantiate(config)
    assert type(built) is LOSSES[name]
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
    assert value.dtype == torch.float32 and value.shape == ()
    assert value.isfinite() and value >= 0
    assert logits.grad is not None and logits.grad.isfinite().all()


@pytest.mark.parametrize("fill", [0.0, 1.0, None])
def test_nothing_to_pay_where_all_is_right(loss: nn.Module, fill: float | None) -> None:
    target = batch()[1] if fill is None else torch.full((2, 1, 8, 8), fill)
    assert loss(1e4 * (2 * target - 1), target).item() == 0.0


@pytest.mark.parametrize("fill", [0.0, 1.0, None])
def test_much_to_pay_where_all_is_wrong(loss: nn.Module, fill: float | None) -> None:
    target = batch()[1] if fill is None else torch.full((2, 1, 8, 8), fill)
    assert loss(1e4 * (1 - 2 * target), target) > 0.5


def test_every_pixel_is_pulled_to_its_side(loss: nn.Module) -> None:
    logits, target = batch()
    logits.requires_grad_()
    loss(logits, target).backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad < 0, target == 1)


def test_tiles_and_pixels_in_any_order_and_arrangement(loss: nn.Module) -> None:
    for seed in range(5):
        logits, target = batch(seed)
        order = torch.randperm(logits.numel())
        shuffled = [tensor.flatten()[order].view(1, 1, 9, 10) for tensor in (logits, target)]
        torch.testing.assert_close(loss(*shuffled), loss(logits, target))


def test_the_input_is_left_alone(loss: nn.Module) -> None:
    logits, target = batch()
    loss(logits, target)
    assert torch.equal(logits, batch()[0]) and torch.equal(target, batch()[1])


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
