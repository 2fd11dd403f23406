"""Which checkpoints are kept, and that they are complete, plain and exact."""

import errno
import math
import os
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mitosis.run.checkpoint import read
from mitosis.training.run_checkpoint import AtomicCheckpointIO, RunCheckpoint

NAN = math.nan


class Trainer:
    """The part of Lightning's trainer that the callback uses; an epoch's state is its number."""

    check_val_every_n_epoch: int | None = 1
    precision = "32-true"

    def __init__(self, callback: RunCheckpoint) -> None:
        self.callback, self.current_epoch, self.callback_metrics = callback, 0, {}

    def save_checkpoint(self, path: Path) -> None:
        state: dict[str, Any] = {"epoch": self.current_epoch, "callback": self.callback.state_dict()}
        self.callback.on_save_checkpoint(self, None, state)  # pyright: ignore
        AtomicCheckpointIO().save_checkpoint(state, path)

    def epoch_of(self, name: str) -> int | None:
        path = self.callback.folder / f"{name}.ckpt"
        return read(path)["epoch"] if path.exists() else None


@pytest.fixture
def callback(tmp_path: Path) -> RunCheckpoint:
    return RunCheckpoint(tmp_path / "checkpoints", {"recipe": {"seed": 0}, "mpp": 0.25, "inputs": {}})


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([0.1, 0.3, 0.2], [0, 1, 1]),
        ([0.0, 0.0, 0.0], [0, 1, 2]),  # of equals the one trained longest
        ([NAN, NAN, NAN], [0, 1, 2]),  # val without mitoses: the last
        ([NAN, 0.0, NAN], [0, 1, 1]),
        ([0.4, NAN, 0.3], [0, 0, 0]),
    ],
)
def test_best_follows_the_score_on_val(callback: RunCheckpoint, scores: list[float], best: list[int]) -> None:
    trainer: Any = Trainer(callback)
    for epoch, score in enumerate(scores):
        trainer.current_epoch = epoch
        trainer.callback_metrics = {"val/ap": torch.tensor(score), "val/f1": torch.tensor(epoch / 10), "train/loss": 1}
        callback.on_train_epoch_end(trainer, None)  # pyright: ignore
        assert (trainer.epoch_of("last"), trainer.epoch_of("best")) == (epoch, best[epoch])
        assert callback.scores["val/f1"] == pytest.approx(best[epoch] / 10)
        assert "train/loss" not in callback.scores


def test_only_validated_epochs_can_be_best(callback: RunCheckpoint) -> None:
    trainer: Any = Trainer(callback)
    trainer.check_val_every_n_epoch = 2
    for epoch in range(4):
        trainer.current_epoch = epoch
        trainer.callback_metrics = {"val/ap": torch.tensor(0.5)}  # Lightning keeps the old value where val is skipped
        callback.on_train_epoch_end(trainer, None)  # pyright: ignore
        assert trainer.epoch_of("last") == epoch
        assert trainer.epoch_of("best") == [None, 1, 1, 3][epoch]


def test_starting_over_keeps_old_checkpoints_until_new_ones_are_written(callback: RunCheckpoint) -> None:
    trainer: Any = Trainer(callback)
    trainer.check_val_every_n_epoch = 2
    for path in (callback.last_path, callback.best_path):
        AtomicCheckpointIO().save_checkpoint({"epoch": 70}, path)
    callback.on_fit_start(trainer, None)  # pyright: ignore
    kept = []
    for epoch in range(2):
        trainer.current_epoch, trainer.callback_metrics = epoch, {"val/ap": torch.tensor(0.5)}
        callback.on_train_epoch_end(trainer, None)  # pyright: ignore
        kept.append((trainer.epoch_of("last"), trainer.epoch_of("best")))
    assert kept == [(0, 70), (1, 1)]


def test_rank_zeros_batch_statistics_are_validated(callback: RunCheckpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[torch.Tensor, int]] = []
    monkeypatch.setattr(torch.distributed, "broadcast", lambda tensor, src: sent.append((tensor, src)))
    stage: Any = torch.nn.BatchNorm2d(3)
    callback.on_validation_epoch_start(SimpleNamespace(), stage)  # pyright: ignore
    assert not sent
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    callback.on_validation_epoch_start(SimpleNamespace(), stage)  # pyright: ignore
    assert {id(tensor) for tensor, _ in sent} == {id(tensor) for tensor in stage.buffers()}
    assert len(sent) == 3
    assert {src for _, src in sent} == {0}


def test_its_own_state_is_restored(callback: RunCheckpoint, tmp_path: Path) -> None:
    callback.best, callback.scores = 0.5, {"val/ap": 0.5}
    other = RunCheckpoint(tmp_path, {})
    other.load_state_dict(callback.state_dict())
    assert other.best == 0.5
    assert other.scores == {"val/ap": 0.5}


def test_every_global_generator_is_restored(callback: RunCheckpoint) -> None:
    def draw() -> list[float]:
        return [random.random(), random.gauss(), np.random.rand(), np.random.randn(), float(torch.rand(()))]

    draw()  # a gauss in store in python's and in numpy's generator is part of the state
    random.gauss()
    trainer: Any = Trainer(callback)
    trainer.save_checkpoint(callback.last_path)
    want = [draw(), draw()]
    callback.on_load_checkpoint(trainer, None, read(callback.last_path))  # pyright: ignore
    draw()
    callback.on_train_epoch_start(trainer, None)  # pyright: ignore
    assert [draw(), draw()] == want
    after = draw()
    callback.on_train_epoch_start(trainer, None)  # pyright: ignore
    assert draw() != after  # restored once only


def test_holds_tensors_and_plain_data(callback: RunCheckpoint) -> None:
    Trainer(callback).save_checkpoint(callback.last_path)
    loaded = torch.load(callback.last_path, weights_only=True)
    assert loaded["recipe"] == {"seed": 0}
    assert loaded["mpp"] == 0.25


def test_a_failed_write_keeps_the_previous_checkpoint(
    callback: RunCheckpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, files = tmp_path / "last.ckpt", AtomicCheckpointIO()
    files.save_checkpoint({"step": 1}, path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            files.save_checkpoint({"step": 2}, path)
    assert files.load_checkpoint(path) == {"step": 1}
    assert [item.name for item in tmp_path.iterdir()] == ["last.ckpt"]
    files.remove_checkpoint(path)
    files.remove_checkpoint(path)
    assert not path.exists()


def test_random_states_of_other_devices_are_ignored(callback: RunCheckpoint) -> None:
    Trainer(callback).save_checkpoint(callback.last_path)
    states = read(callback.last_path)
    states["random"]["cuda"] = [torch.zeros(16, dtype=torch.uint8)] * (torch.cuda.device_count() + 1)
    callback.on_load_checkpoint(SimpleNamespace(), None, states)  # pyright: ignore
    callback.on_train_epoch_start(SimpleNamespace(), None)  # pyright: ignore
