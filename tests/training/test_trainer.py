"""Trainers from settings: the length of training, the requirements, and one-line errors."""

import os
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch

from mitosis.errors import InputError
from mitosis.process.rank import RANKS
from mitosis.run.settings import TrainingSettings
from mitosis.training.progress import Progress
from mitosis.training.trainer import processes_to_start, trainer_of

START = Progress()
TWO = {"accelerator": "cpu", "devices": 2, "num_nodes": 1, "strategy": "ddp"}

SLURM = {"JOB_ID": "7", "JOB_NAME": "x", "NTASKS": "2", "NTASKS_PER_NODE": "2", "PROCID": "0", "LOCALID": "0"}
SLURM |= {"NODEID": "0", "NODELIST": "127.0.0.1", "NNODES": "1"}


@pytest.fixture(autouse=True)
def unstarted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)


def built(folder: Path, trainer: dict[str, Any], done: Progress = START, samples: int = 16) -> L.Trainer:
    arguments = {"precision": "32-true", "accelerator": "cpu", "devices": 1} | trainer
    settings = TrainingSettings(
        seed=0,
        max_steps=12,
        val_every=1,
        ema=None,
        keep="best",
        mining=None,
        init=None,
        compile=False,
        trainer=arguments,
    )
    given: dict[str, Any] = {"samples": samples, "batch_size": 4, "done": done, "logger": False, "callbacks": []}
    return trainer_of(settings, folder, **given)


@pytest.mark.parametrize(
    ("trainer", "done", "epochs", "steps"),
    [
        ({}, (0, 0), 3, 12),
        (TWO, (0, 0), 6, 12),  # half as many steps an epoch
        ({"accumulate_grad_batches": 2}, (0, 0), 6, 12),
        ({"accumulate_grad_batches": 3}, (0, 0), 6, 12),  # 3 batches and the 1 that is left
        ({"accumulate_grad_batches": None}, (0, 0), 3, 12),
        (TWO, (1, 4), 5, 12),  # begun on one device
        ({}, (5, 10), 6, 14),  # begun on two
        ({}, (4, 16), 4, 16),  # more than are asked for
    ],
)
def test_a_run_has_the_requested_steps(
    tmp_path: Path, trainer: dict[str, Any], done: tuple[int, int], epochs: int, steps: int
) -> None:
    made = built(tmp_path, trainer, Progress(*done))
    assert (made.max_epochs, made.estimated_stepping_batches) == (epochs, steps)


class Counted(L.LightningModule):
    """4 batches an epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
        return self.layer(batch).mean()

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters())

    def train_dataloader(self) -> Any:
        return torch.utils.data.DataLoader(torch.ones(16, 1), batch_size=4)  # pyright: ignore


@pytest.mark.parametrize("accumulate", [1, 2, 3, 5])
def test_lightning_counts_the_same_steps(tmp_path: Path, accumulate: int) -> None:
    made = built(tmp_path, {"accumulate_grad_batches": accumulate})
    made.fit(Counted())
    assert made.global_step == made.estimated_stepping_batches == 12
    assert (made.max_epochs, made.current_epoch) == (12 // -(-4 // accumulate),) * 2


def test_who_starts_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes_to_start(TWO) == 2
    assert processes_to_start(TWO | {"strategy": "auto"}) == 2
    assert processes_to_start(TWO | {"devices": 1}) == 1
    assert processes_to_start(TWO | {"devices": 1, "strategy": "auto"}) == 0
    for name, value in SLURM.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert processes_to_start(TWO) == 0
    with pytest.raises(InputError, match="trainer: You set `devices=4`"):
        processes_to_start(TWO | {"devices": 4})


def test_slurm_writes_no_checkpoint_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (SLURM | {"NTASKS": "1", "NTASKS_PER_NODE": "1"}).items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    made = built(tmp_path, TWO | {"devices": 1})
    assert made.strategy.cluster_environment.auto_requeue is False  # pyright: ignore


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"devices": 0}, "trainer: .*devices"),
        ({"strategy": "nonsense"}, "trainer: .*invalid strategy"),
        ({"strategy": "ddp_spawn"}, "trainer.strategy=ddp_spawn: type trainer.strategy=ddp"),
        ({"num_nodes": 2}, "trainer.num_nodes=2: start the command with srun"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        processes_to_start(TWO | settings)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="this machine has what is missing")
def test_a_missing_gpu_is_reported() -> None:
    for strategy in ("fsdp", "ddp", "auto"):
        with pytest.raises(InputError, match="trainer.accelerator=gpu: PyTorch finds no GPU here; type trainer=cpu"):
            processes_to_start(TWO | {"accelerator": "gpu", "strategy": strategy})


def test_an_epoch_needs_one_batch_per_device(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="data.samples_per_epoch=6 is less than a .*=4 for each of 2 devices"):
        built(tmp_path, TWO, samples=6)
    assert not os.listdir(tmp_path)
