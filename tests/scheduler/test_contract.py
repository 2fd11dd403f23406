"""The contract of every schedule: its yaml, and resuming or extending a run."""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from shipped import described, parts, settings
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from mitosis.run.build import build
from mitosis.run.checkpoint import read
from mitosis.scheduler.constant import constant_schedule

Rates = Callable[..., list[float]]
Train = Callable[..., list[float]]

SCHEDULES = parts("scheduler")
RUN = {"total_steps", "steps_per_epoch"}
QUICK = {"every": 2, "factor": 0.5, "patience": 1}
"""Settings that change the rate within a few epochs, for the schedules that accept them."""


@pytest.fixture(params=SCHEDULES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def schedule(name: str) -> Callable[..., LRScheduler]:
    taken = inspect.signature(SCHEDULES[name]).parameters
    return partial(SCHEDULES[name], **{key: value for key, value in QUICK.items() if key in taken})


def test_an_option_is_named_after_its_function(name: str) -> None:
    assert SCHEDULES[name].__name__ == f"{name}_schedule"


def test_a_yaml_gives_every_argument_and_builds_what_the_defaults_build(name: str, rates: Rates) -> None:
    assert settings("scheduler", name) == inspect.signature(SCHEDULES[name]).parameters.keys() - RUN - {"optimizer"}
    built, run = build(described("scheduler")[name], "scheduler"), {"total_steps": 120, "steps_per_epoch": 1}
    assert rates(partial(built, **run), 120) == rates(partial(SCHEDULES[name], **run), 120)


def test_rates_are_positive_up_to_the_last_step_and_at_most_the_optimiser_s(
    schedule: Callable[..., LRScheduler], rates: Rates
) -> None:
    for total in (1, 2, 7, 30):
        got = rates(partial(schedule, total_steps=total, steps_per_epoch=3), total)
        assert all(0 < rate <= 1 for rate in got)


def state(folder: Path) -> str:
    """The parts of the last checkpoint that depend on the schedule."""
    checkpoint = read(folder / "last.ckpt")
    return repr([checkpoint[key] for key in ("state_dict", "optimizer_states", "lr_schedulers", "global_step")])


@pytest.mark.parametrize(("val_every", "stop"), [(1, 5), (2, 7)])
def test_a_resumed_run_equals_an_uninterrupted_one(
    schedule: Callable[..., LRScheduler], train: Train, tmp_path: Path, val_every: int, stop: int
) -> None:
    whole = train(tmp_path / "whole", schedule, 6, val_every)
    with pytest.raises(KeyError, match="stopped"):
        train(tmp_path / "stopped", schedule, 6, val_every, stop)
    assert train(tmp_path / "stopped", schedule, 6, val_every) == whole
    assert len(set(whole)) > 1 or schedule.func is constant_schedule  # pyright: ignore
    assert state(tmp_path / "stopped") == state(tmp_path / "whole")


def test_a_run_can_be_extended(
    schedule: Callable[..., LRScheduler], rates: Rates, train: Train, tmp_path: Path
) -> None:
    first = train(tmp_path / "longer", schedule, 3)
    longer = train(tmp_path / "longer", schedule, 6)
    assert longer[:3] == first
    whole = train(tmp_path / "whole", schedule, 6)
    assert longer[3:] == pytest.approx(whole[3:])
    short, long = (rates(partial(schedule, total_steps=total, steps_per_epoch=2), 6) for total in (6, 12))
    if short == long:  # it is not laid out over the whole run
        assert longer == whole
        assert state(tmp_path / "longer") == state(tmp_path / "whole")


@pytest.mark.parametrize(("batches", "length"), [(1, (6, 2)), (2, (3, 1))])
def test_a_schedule_gets_the_run_s_steps(train: Train, tmp_path: Path, batches: int, length: tuple[int, int]) -> None:
    given: list[tuple[int, int]] = []

    def recording(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> LRScheduler:
        given.append((total_steps, steps_per_epoch))
        return constant_schedule(optimizer, total_steps=total_steps, steps_per_epoch=steps_per_epoch)

    train(tmp_path, recording, 3, accumulate_grad_batches=batches)
    assert given == [length]
