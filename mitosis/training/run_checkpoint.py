"""Atomic checkpoints for exact resuming: ``last`` to resume from, ``best`` to use."""

import math
import random
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch.callbacks import Checkpoint
from typing_extensions import override

from mitosis import files
from mitosis.run.checkpoint import read, write


class AtomicCheckpointIO(CheckpointIO):
    """Writes to a temporary file and renames it, so the previous checkpoint survives a kill or a full disk."""

    @override
    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        write(checkpoint, path)

    @override
    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        return read(path)

    @override
    def remove_checkpoint(self, path: Any) -> None:
        Path(path).unlink(missing_ok=True)


class RunCheckpoint(Checkpoint):
    """Writes ``last.ckpt`` after each epoch, and ``best.ckpt`` unless ``monitor`` has fallen below its best value.

    Without a ``monitor``, ``best.ckpt`` is the last validated epoch. A run that starts over keeps the old checkpoints
    until it has written new ones.

    An undefined ``monitor`` (nan) counts as the best only until it is first defined. ``scores`` are the best
    checkpoint's scores on val. Checkpoints also contain ``contents`` (such as the recipe), the precision and the global
    random states, so a resumed run is bit-identical to an uninterrupted one.
    """

    def __init__(self, folder: Path, contents: dict[str, Any], monitor: str | None = "val/ap") -> None:
        self.folder, self.contents, self.monitor = folder, contents, monitor
        self.best = -math.inf
        self.scores: dict[str, float] = {}
        self._of_last: dict[str, float] | None = None

    @property
    def last_path(self) -> Path:
        """The checkpoint to resume from."""
        return self.folder / "last.ckpt"

    @property
    def best_path(self) -> Path:
        """The checkpoint to use for inference."""
        return self.folder / "best.ckpt"

    @override
    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # best.ckpt is gone. Only now, after every process has seen that, the last weights take its place; if they were
        # not scored, the next scored ones do.
        if not self._of_last:
            return
        self.scores = self._of_last
        self._of_last = None
        score = math.inf if self.monitor is None else self.scores.get(self.monitor, math.nan)
        self.best = -math.inf if math.isnan(score) else score
        if trainer.is_global_zero:
            print(f"{self.folder.parent}: best.ckpt is missing; last.ckpt takes its place")
            with files.replacing(self.best_path) as file:
                file.write(self.last_path.read_bytes())

    @override
    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # Each process has its own batch statistics; validate with those of rank zero, which are saved (DDP does this
        # itself, FSDP does not). Averaged weights are already in place: Checkpoint callbacks run after all others.
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            for buffer in pl_module.buffers():
                torch.distributed.broadcast(buffer, src=0)

    @override
    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if scored(trainer):
            self._keep_best(trainer)
        trainer.save_checkpoint(self.last_path)

    def _keep_best(self, trainer: L.Trainer) -> None:
        score = math.inf if self.monitor is None else float(trainer.callback_metrics.get(self.monitor, math.nan))
        undefined = math.isnan(score) and self.best == -math.inf
        if score >= self.best or undefined:
            self.best = self.best if undefined else score
            values = trainer.callback_metrics.items()
            self.scores = {name: float(value) for name, value in values if name.startswith("val/")}
            trainer.save_checkpoint(self.best_path)

    @override
    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint.update(self.contents)
        checkpoint["random"] = _random_states()
        checkpoint["precision"] = trainer.precision

    @override
    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        self._restore = checkpoint.get("random")
        if not self.best_path.exists():
            rows = checkpoint.get("callbacks", {}).get("History", {}).get("rows", [])
            self._of_last = {name: value for name, value in (rows[-1:] or [{}])[0].items() if name.startswith("val/")}

    @override
    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # Restored only here, because setting up loaders and loops may draw from the global generators.
        if states := getattr(self, "_restore", None):
            _set_random_states(states)
            self._restore = None

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "scores": self.scores}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if self._of_last is None:
            self.best, self.scores = state_dict["best"], state_dict["scores"]


def scored(trainer: L.Trainer) -> bool:
    """Whether the ending epoch was validated; if not, the trainer still holds the scores of an earlier one."""
    return not (trainer.current_epoch + 1) % (trainer.check_val_every_n_epoch or 1)


def _random_states() -> dict[str, Any]:
    name, keys, *rest = np.random.get_state()
    python = random.getstate()
    states: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": [name, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest],
        "python": [python[0], list(python[1]), python[2]],
    }
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def _set_random_states(states: dict[str, Any]) -> None:
    torch.set_rng_state(states["torch"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    if "cuda" in states and torch.cuda.device_count() == len(states["cuda"]):
        torch.cuda.set_rng_state_all(states["cuda"])
