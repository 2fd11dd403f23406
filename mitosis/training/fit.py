"""Training itself: everything built, Lightning run, the threshold chosen, the result written."""

import gc
import math
import re
import sys
from collections.abc import Callable
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, RichProgressBar

from mitosis import files
from mitosis.data.fold.lists import Parts, check_same_fields, names_of
from mitosis.errors import InputError, PeerLostError
from mitosis.process.memory import keep_freed_memory
from mitosis.process.rank import is_rank_zero
from mitosis.run.assembly import Assembled
from mitosis.run.checkpoint import read
from mitosis.run.keys import CLASSIFICATION
from mitosis.run.run import Run
from mitosis.run.settings import TrainingSettings
from mitosis.run.trained import checkpoint_of, choose, weights_of
from mitosis.stage.base import Stage
from mitosis.training.history import History
from mitosis.training.panel import Panel
from mitosis.training.run_checkpoint import RunCheckpoint
from mitosis.training.trainer import silence, trainer_of


def fit(run: Run, settings: TrainingSettings, assemble: Callable[[], Assembled]) -> dict[str, Any]:
    """Train to ``max_steps``, from ``last.ckpt`` when there is one; returns the metrics.

    Steps are the optimiser's, rounded up to whole epochs, the last one scored on val. A checkpoint made on other
    ``inputs`` is started over. Classifiers choose their threshold on val: the largest F1.
    Of a distributed run's processes, which all call this, the first one alone writes files and logs.
    """
    silence()
    torch.set_float32_matmul_precision("high")
    keep_freed_memory()
    gc.collect()  # a sweep's previous job: Lightning's objects point at one another and outlive it
    torch.cuda.empty_cache()
    L.seed_everything(settings.seed, verbose=False)
    assembled = assemble()
    data, stage, parts = assembled.data, assembled.stage, assembled.data.parts
    if parts.note:
        print(parts.note)
    data.check_room(parts.train + parts.val)
    contents = {"recipe": run.recipe, "mpp": float(parts.train[0].mpp), "inputs": run.inputs, "fields": names_of(parts)}
    checkpoints = RunCheckpoint(run.folder / "checkpoints", contents)
    done = _done(checkpoints, run.inputs, parts)
    data.first_epoch = done[0]
    start = checkpoints.last_path if data.first_epoch else None
    if settings.init and start is None:
        _initialise(stage, settings.init)
    logger = (
        assembled.logger(save_dir=str(run.folder)) if assembled.logger and is_rank_zero(settings.trainer) else False
    )
    bar = sys.stderr.isatty()
    history = History(run.folder / "metrics.csv", announce=not bar)
    callbacks = [history, Panel(run.folder / "panel.png"), checkpoints]
    callbacks += [RichProgressBar()] if bar else []
    callbacks += [LearningRateMonitor("step")] if logger else []
    trainer = trainer_of(
        settings,
        run.folder,
        samples=data.samples_per_epoch,
        batch_size=data.batch_size,
        done=done,
        logger=logger,
        callbacks=callbacks,
    )
    metrics: dict[str, Any] = {}
    try:
        trainer.fit(stage, datamodule=data, ckpt_path=start, weights_only=True)
        metrics = _metrics(assembled, settings.max_steps, trainer, checkpoints)
        metrics |= {"inputs": run.inputs, "minutes": round(history.seconds / 60, 2), "hardware": hardware(trainer)}
        if trainer.is_global_zero:
            files.write_json(run.folder / "metrics.json", metrics)
    except SystemExit:
        if trainer.interrupted:  # Lightning turns Ctrl-C into an exit that says nothing
            raise KeyboardInterrupt from None
        raise
    except RuntimeError as error:
        if found := re.search("(gloo|NCCL).*", str(error)):  # torch has no kind of error for it
            why = f"a process of this run lost another one ({found[0].split('. ')[0]})"
            raise PeerLostError(f"{why}; the same command goes on from the last checkpoint") from error
        raise
    finally:
        _finish(trainer, metrics)
    if trainer.is_global_zero:
        truths = sum(len(record.figures) for record in parts.val)
        rule = assembled.matching.describe(parts.val[0].mpp)
        best = f"best val AP {metrics['val']['ap']:.4f} ({truths} ground truths, {rule})"
        print(f"{run.folder}: {metrics['steps']} steps, {best}")
    trainer.strategy.barrier()  # a sweep's next job asks in each process which runs are finished
    return metrics


def _finish(trainer: L.Trainer, metrics: dict[str, Any]) -> None:
    """Tell the loggers that want to know (W&B's) that the run has ended, and its result; empty where it failed."""
    for logger in trainer.loggers:
        if finish := getattr(logger, "finish", None):
            finish(metrics)


def _done(checkpoints: RunCheckpoint, inputs: dict[str, str], parts: Parts) -> tuple[int, int]:
    """Epochs and steps behind ``last.ckpt``; none where there is no such file, or it was made on other inputs.

    Raises ``InputError`` where it was made on other fields.
    """
    path = checkpoints.last_path
    if not path.exists():
        return 0, 0
    checkpoint = read(path)
    check_same_fields(parts, checkpoint.get("fields"), checkpoints.folder.parent)
    if checkpoint.get("inputs") != inputs:
        print(f"{checkpoints.folder.parent}: its candidates changed; training starts over")
        return 0, 0
    return checkpoint["epoch"] + 1, checkpoint["global_step"]  # written when an epoch ends, before it is counted


def _initialise(stage: Stage, source: str) -> None:
    path = checkpoint_of(source)
    checkpoint = read(path)
    if "state_dict" not in checkpoint:
        raise InputError(f"init={path} was not written by this package: it has no state_dict")
    try:
        stage.model.load_state_dict(weights_of(checkpoint))
    except RuntimeError as error:
        raise InputError(f"init={path}: its weights do not fit this model ({str(error).splitlines()[0]})") from error


def _metrics(assembled: Assembled, max_steps: int, trainer: L.Trainer, checkpoints: RunCheckpoint) -> dict[str, Any]:
    """Scores of the best checkpoint on val; a classifier's threshold, that of its best F1, is put into that file."""
    val = {name.removeprefix("val/"): value for name, value in checkpoints.scores.items()}
    metrics = {
        "steps": trainer.global_step,
        "max_steps": max_steps,
        "val": val,
        "fields": {part: len(getattr(assembled.data.parts, part)) for part in ("train", "val", "test")},
        "pretrained": assembled.pretrained,
    }
    if assembled.stage.kind == CLASSIFICATION:
        metrics["chosen"] = {"threshold": 0.5 if math.isnan(val["threshold"]) else val["threshold"]}
        if trainer.is_global_zero:
            choose(checkpoints.best_path, metrics["chosen"])
    return metrics


def hardware(trainer: L.Trainer) -> str:
    """What a run was made on, in words."""
    root = trainer.strategy.root_device
    name = torch.cuda.get_device_name(root) if root.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    return f"{trainer.world_size} × {name}, {trainer.precision}"
