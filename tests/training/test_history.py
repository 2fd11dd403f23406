"""metrics.csv: one row per epoch, also over several attempts."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from mitosis.training.history import History


def trainer_of(epoch: int, **metrics: float) -> Any:
    return SimpleNamespace(
        current_epoch=epoch,
        global_step=4 * (epoch + 1),
        is_global_zero=True,
        optimizers=[SimpleNamespace(param_groups=[{"lr": 0.1 / (epoch + 1)}])],
        check_val_every_n_epoch=1,
        callback_metrics={name.replace("_", "/", 1): torch.tensor(value) for name, value in metrics.items()},
    )


def live(history: History, trainer: Any) -> None:
    history.on_train_epoch_start(trainer, None)  # pyright: ignore
    history.on_train_epoch_end(trainer, None)  # pyright: ignore


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_per_epoch_over_two_attempts(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "metrics.csv"
    first = History(path, announce=True)
    live(first, trainer_of(0, train_loss=0.5))
    kept = first.state_dict()  # the checkpoint of epoch 0; epoch 1 was never saved
    live(first, trainer_of(1, train_loss=9.0, val_ap=0.9))

    second = History(path, announce=False)
    second.load_state_dict(kept)
    live(second, trainer_of(1, train_loss=0.25, val_ap=0.75))
    live(second, trainer_of(2, train_loss=0.125))
    rows = rows_of(path)
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [row["step"] for row in rows] == ["4", "8", "12"]
    assert [row["train/loss"] for row in rows] == ["0.5", "0.25", "0.125"]
    assert [row["val/ap"] for row in rows] == ["", "0.75", ""]  # a column that came later
    assert [float(row["lr"]) for row in rows] == [0.1, 0.05, 0.1 / 3]
    assert second.seconds >= kept["seconds"] >= 0
    said = capsys.readouterr().out.splitlines()
    assert said == ["epoch 0  step 4  train/loss 0.5000", "epoch 1  step 8  train/loss 9.0000  val/ap 0.9000"]


def test_its_state_is_a_copy(tmp_path: Path) -> None:
    history = History(tmp_path / "metrics.csv", announce=False)
    live(history, trainer_of(0))
    other = History(tmp_path / "other.csv", announce=False)
    other.load_state_dict(history.state_dict())
    live(other, trainer_of(1))
    assert len(history.rows) == 1


def test_other_ranks_write_nothing(tmp_path: Path) -> None:
    trainer = trainer_of(0)
    trainer.is_global_zero = False
    live(History(tmp_path / "metrics.csv", announce=True), trainer)
    assert not (tmp_path / "metrics.csv").exists()


def test_epochs_without_validation_have_no_scores(tmp_path: Path) -> None:
    history = History(tmp_path / "metrics.csv", announce=False)
    for epoch in range(4):
        trainer = trainer_of(epoch, train_loss=0.5, val_ap=0.75)  # Lightning still holds those of an earlier epoch
        trainer.check_val_every_n_epoch = 2
        live(history, trainer)
    assert [row["val/ap"] for row in rows_of(tmp_path / "metrics.csv")] == ["", "0.75", "", "0.75"]
