"""Learning rates by hand, and over a run that was stopped or made longer."""

import csv
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR, StepLR
from torch.utils.data import DataLoader

from mitosis.errors import InputError
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.run.checkpoint import read
from mitosis.scheduler.schedule import constant, cosine, one_cycle, plateau, step
from mitosis.stage.base import Stage
from mitosis.training.history import History
from mitosis.training.run_checkpoint import AtomicCheckpointIO, RunCheckpoint


def sgd() -> SGD:
    return SGD([nn.Parameter(torch.zeros(1))], lr=1.0)


def rates(make: Callable[[Optimizer], LRScheduler], steps: int) -> list[float]:
    """The rate at each step of an optimiser whose own is 1."""
    optimizer, found = sgd(), []
    schedule = make(optimizer)
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_cosine_warms_up_and_falls() -> None:
    found = rates(lambda it: cosine(it, total_steps=10, steps_per_epoch=5, warmup=0.2, final=0.0), 12)
    assert found[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert found[6] == pytest.approx(0.5)  # 4 of the 8 steps after the warm-up
    assert found[4] == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))
    assert found[10:] == pytest.approx([0, 0])  # beyond the end it stays there
    assert all(one > other for one, other in zip(found[2:9], found[3:10], strict=True))


def test_cosine_ends_at_its_final_share() -> None:
    found = rates(lambda it: cosine(it, total_steps=4, steps_per_epoch=4, warmup=0.0, final=0.1), 5)
    assert found == pytest.approx(
        [1, 0.1 + 0.9 * (1 + math.sqrt(0.5)) / 2, 0.55, 0.1 + 0.9 * (1 - math.sqrt(0.5)) / 2, 0.1]
    )


@pytest.mark.parametrize("total", [1, 2, 3])
def test_cosine_of_few_steps(total: int) -> None:
    found = rates(lambda it: cosine(it, total_steps=total, steps_per_epoch=1), total)
    assert found[0] == 1 and all(0 <= rate <= 1 for rate in found)


def test_constant() -> None:
    assert rates(lambda it: constant(it, total_steps=3, steps_per_epoch=1), 5) == [1] * 5


@pytest.mark.parametrize("total", [12, 10**6])
def test_step_counts_epochs_whatever_the_run_s_length(total: int) -> None:
    found = rates(lambda it: step(it, total_steps=total, steps_per_epoch=3, every=2, factor=0.5), 15)
    assert found == pytest.approx([1] * 6 + [0.5] * 6 + [0.25] * 3)


def test_step_is_torch_s_stepped_once_an_epoch() -> None:
    """The paper's: 0.1 every 50 epochs, for 200."""
    optimizer, theirs = sgd(), []
    schedule = StepLR(optimizer, 50, 0.1)
    for _ in range(200):
        theirs += [optimizer.param_groups[0]["lr"]] * 2
        optimizer.step()
        schedule.step()
    assert rates(lambda it: step(it, total_steps=400, steps_per_epoch=2), 400) == pytest.approx(theirs)
    assert theirs[-1] == pytest.approx(1e-3)


@pytest.mark.parametrize("every", [0, -1, 0.5, 2.5])
def test_step_wants_whole_epochs(every: Any) -> None:
    with pytest.raises(ValueError, match=f"every={every}: give a whole number of epochs"):
        step(sgd(), total_steps=4, steps_per_epoch=2, every=every)


@pytest.mark.parametrize("total", [1, 2, 3, 10, 40])
def test_one_cycle_is_torch_s(total: int) -> None:
    found = rates(lambda it: one_cycle(it, total_steps=total, steps_per_epoch=1), total)
    assert found == rates(lambda it: OneCycleLR(it, 1.0, total), total)
    assert max(found) <= 1


def test_one_cycle_starts_low_and_peaks_at_the_optimiser_s_rate() -> None:
    found = rates(lambda it: one_cycle(it, total_steps=10, steps_per_epoch=5), 10)
    assert (found[0], found[2], found[-1]) == pytest.approx((1 / 25, 1, 1 / 25e4))


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_one_cycle_moves_momentum_the_other_way(optimizer: Any) -> None:
    made = optimizer([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = one_cycle(made, total_steps=10, steps_per_epoch=5)
    found = []
    for _ in range(10):
        group = made.param_groups[0]
        found.append(group["momentum"] if "momentum" in group else group["betas"][0])
        made.step()
        schedule.step()
    assert (found[0], found[2], found[9]) == pytest.approx((0.95, 0.85, 0.95))


def test_one_cycle_goes_on_over_a_longer_run() -> None:
    optimizer = sgd()
    short = one_cycle(optimizer, total_steps=4, steps_per_epoch=1)
    for _ in range(4):
        optimizer.step()
        short.step()
    state, longer = short.state_dict(), sgd()
    schedule = one_cycle(longer, total_steps=10, steps_per_epoch=1)
    longer.load_state_dict(optimizer.state_dict())
    schedule.load_state_dict(state)
    found = []
    for _ in range(5):
        longer.step()
        schedule.step()
        found.append(longer.param_groups[0]["lr"])
    whole = rates(lambda it: one_cycle(it, total_steps=10, steps_per_epoch=1), 10)
    assert found == pytest.approx(whole[5:])


def test_plateau_waits_for_its_patience() -> None:
    optimizer = sgd()
    schedule = plateau(optimizer, total_steps=1, steps_per_epoch=1, factor=0.5, patience=1)
    found = []
    for score in (0.0, 0.2, 0.3, 0.3, math.nan, 0.25, 0.31, 0.1, 0.1, 0.1):
        schedule.observe(score)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


class OneWeight(Stage):
    """Learns to be 1; finds the only mitosis, with as many false ones before it as epochs are gone."""

    truths = ((1.0, 1.0),)

    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        return ((self.model(batch["image"]) - 1) ** 2).mean()

    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        wrong = torch.full((self.current_epoch, 2), 900.0, dtype=torch.float64)
        points = torch.cat([wrong, torch.ones(1, 2, dtype=torch.float64)])
        return points, torch.linspace(0.9, 0.1, len(points), dtype=torch.float64), torch.tensor(0.0)


class Stop(Exception):
    """What ends a run before its time."""


class StopAfter(L.Callback):
    """Ends a run in the middle of an epoch."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: L.Trainer, *args: Any) -> None:
        if trainer.global_step == self.step:
            raise Stop


def train(
    folder: Path,
    schedule: Callable[..., LRScheduler],
    epochs: int,
    val_every: int = 1,
    stop: int = -1,
    truths: int = 1,
    **settings: Any,
) -> list[float]:
    """Epochs of 2 batches, from the last checkpoint in ``folder`` on; returns the rate after each epoch."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    metric = DetectionMetric(Matching("rule", 5.0, "um", True, "optimal"))
    stage = OneWeight(model, nn.MSELoss(), metric, partial(SGD, lr=0.25, momentum=0.5), schedule)
    checkpoints = RunCheckpoint(folder, {})
    trainer = L.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        callbacks=[History(folder / "metrics.csv", announce=False), checkpoints, StopAfter(stop)],
        plugins=[AtomicCheckpointIO()],
        check_val_every_n_epoch=val_every,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=folder,
        **settings,
    )
    field = {"field": "a", "centroids": torch.ones(truths, 2, dtype=torch.float64), "mpp": 0.25}
    loader = DataLoader([{"image": torch.ones(1)}] * 4, batch_size=2)  # pyright: ignore
    start = checkpoints.last_path if checkpoints.last_path.exists() else None
    val = DataLoader([field], batch_size=1, collate_fn=lambda items: items[0])  # pyright: ignore
    trainer.fit(stage, loader, val, ckpt_path=start, weights_only=True)
    with (folder / "metrics.csv").open(newline="") as file:
        return [float(row["lr"]) for row in csv.DictReader(file)]


def test_plateau_sees_each_score_on_val_once(tmp_path: Path) -> None:
    """AP is 1 in the first epoch and falls from there; patience 1 lets one worse score pass."""
    quick = partial(plateau, factor=0.5, patience=1)
    assert train(tmp_path / "each", quick, 6) == [0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625]
    # Scored after epochs 1, 3, 5, 7 and 9.
    assert train(tmp_path / "second", quick, 10, val_every=2) == [0.25] * 5 + [0.125] * 4 + [0.0625]


def test_plateau_takes_no_undefined_score(tmp_path: Path) -> None:
    assert train(tmp_path, partial(plateau, patience=0), 3, truths=0) == [0.25] * 3


SCHEDULES: dict[str, Callable[..., LRScheduler]] = {
    "step": partial(step, every=2, factor=0.5),
    "one_cycle": one_cycle,
    "plateau": partial(plateau, factor=0.5, patience=1),
}


def state(folder: Path) -> str:
    """What of the last checkpoint a schedule has a part in."""
    checkpoint = read(folder / "last.ckpt")
    return repr([checkpoint[key] for key in ("state_dict", "optimizer_states", "lr_schedulers", "global_step")])


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize(("val_every", "stop"), [(1, 5), (2, 7)])
def test_a_stopped_run_goes_on_as_if_nothing_had_happened(tmp_path: Path, name: str, val_every: int, stop: int) -> None:
    whole = train(tmp_path / "whole", SCHEDULES[name], 6, val_every)
    with pytest.raises(Stop):
        train(tmp_path / "stopped", SCHEDULES[name], 6, val_every, stop)
    assert train(tmp_path / "stopped", SCHEDULES[name], 6, val_every) == whole
    assert len(set(whole)) > 1
    assert state(tmp_path / "stopped") == state(tmp_path / "whole")


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_run_made_longer_goes_on(tmp_path: Path, name: str) -> None:
    first = train(tmp_path / "longer", SCHEDULES[name], 3)
    longer = train(tmp_path / "longer", SCHEDULES[name], 6)
    assert longer[:3] == first
    whole = train(tmp_path / "whole", SCHEDULES[name], 6)
    assert longer[3:] == pytest.approx(whole[3:])
    if name != "one_cycle":  # it is laid out over the whole run
        assert longer == whole and state(tmp_path / "longer") == state(tmp_path / "whole")


@pytest.mark.parametrize(("batches", "length"), [(1, (6, 2)), (2, (3, 1))])
def test_a_schedule_is_told_the_run_s_steps(tmp_path: Path, batches: int, length: tuple[int, int]) -> None:
    told: list[tuple[int, int]] = []

    def schedule(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> LRScheduler:
        told.append((total_steps, steps_per_epoch))
        return constant(optimizer, total_steps=total_steps, steps_per_epoch=steps_per_epoch)

    train(tmp_path, schedule, 3, accumulate_grad_batches=batches)
    assert told == [length]


@pytest.mark.parametrize(
    ("schedule", "reason"), [(partial(plateau, factor=1.5), "Factor"), (partial(step, every=0), "every=0")]
)
def test_what_torch_refuses_is_one_line(tmp_path: Path, schedule: Callable[..., LRScheduler], reason: str) -> None:
    with pytest.raises(InputError, match=f"optimizer or scheduler: {reason}"):
        train(tmp_path, schedule, 1)
