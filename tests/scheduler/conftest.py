"""Rates over steps, and runs of a stage with one weight, shared by the tests of schedules."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader

from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.stage.base import Stage
from mitosis.training.history import History
from mitosis.training.run_checkpoint import AtomicCheckpointIO, RunCheckpoint


def _sgd() -> SGD:
    return SGD([nn.Parameter(torch.zeros(1))], lr=1.0)


def _rates(make: Callable[[Optimizer], LRScheduler], steps: int) -> list[float]:
    """The rate at each step of an optimiser whose own is 1."""
    optimizer, found = _sgd(), []
    schedule = make(optimizer)
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


class OneWeight(Stage):
    """Learns to output 1; detects the only mitosis after one false positive per completed epoch."""

    truths = ((1.0, 1.0),)

    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        return ((self.model(batch["image"]) - 1) ** 2).mean()

    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        wrong = torch.full((self.current_epoch, 2), 900.0, dtype=torch.float64)
        points = torch.cat([wrong, torch.ones(1, 2, dtype=torch.float64)])
        return points, torch.linspace(0.9, 0.1, len(points), dtype=torch.float64), torch.tensor(0.0)


class StopAfter(L.Callback):
    """Stops a run in the middle of an epoch with ``KeyError``."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: L.Trainer, *args: Any) -> None:
        if trainer.global_step == self.step:
            raise KeyError("stopped")


def _train(
    folder: Path,
    schedule: Callable[..., LRScheduler],
    epochs: int,
    val_every: int = 1,
    stop: int = -1,
    truths: int = 1,
    **settings: Any,
) -> list[float]:
    """Trains epochs of 2 batches, from the last checkpoint in ``folder``; returns the rate after each epoch."""
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


@pytest.fixture
def sgd() -> Callable[[], SGD]:
    """``sgd()``: an optimiser of one weight, whose rate is 1."""
    return _sgd


@pytest.fixture
def rates() -> Callable[..., list[float]]:
    """``rates(make, steps)``: the rate at each step of an optimiser whose own is 1, under the schedule ``make(it)``."""
    return _rates


@pytest.fixture
def train() -> Callable[..., list[float]]:
    """``train(folder, schedule, epochs)``: rates after each epoch, from the checkpoint in ``folder`` on."""
    return _train
