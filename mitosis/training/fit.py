"""Training itself: everything built, Lightning run, the threshold chosen, the result written."""

import gc
import math
import re
import sys
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, RichProgressBar

from mitosis import files
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold.lists import Parts, check_same_fields, names_of
from mitosis.errors import InputError, PeerLostError
from mitosis.process.memory import keep_freed_memory
from mitosis.process.rank import is_rank_zero
from mitosis.run.assembly import build_data, build_stage
from mitosis.run.build import build
from mitosis.run.checkpoint import read
from mitosis.run.trained import checkpoint_of, choose, weights_of
from mitosis.stage.base import Stage
from mitosis.training.history import History
from mitosis.training.panel import Panel
from mitosis.training.run_checkpoint import RunCheckpoint
from mitosis.training.trainer import silence, trainer_of


def fit(
    config: dict[str, Any], recipe: dict[str, Any], folder: Path, segmenters: list[Path], inputs: dict[str, str]
) -> dict[str, Any]:
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
    L.seed_everything(config["seed"], verbose=False)
    if not is_rank_zero(config["trainer"]):
        config = config | {"logger": None}
    data = build_data(config, segmenters)
    config = config | {"data": config["data"] | {"samples_per_epoch": data.samples_per_epoch}}
    parts = data.parts
    if parts.note:
        print(parts.note)
    data.store.check_room(parts.train + parts.val)
    stage = build_stage(config, data)
    contents = {"recipe": recipe, "mpp": float(parts.train[0].mpp), "inputs": inputs, "fields": names_of(parts)}
    checkpoints = RunCheckpoint(folder / "checkpoints", contents)
    done = _done(checkpoints, inputs, parts)
    data.first_epoch = done[0]
    start = checkpoints.last_path if data.first_epoch else None
    if config["init"] and start is None:
        _initialise(stage, config["init"])
    bar = sys.stderr.isatty()
    history = History(folder / "metrics.csv", announce=not bar)
    callbacks = [history, Panel(folder / "panel.png"), checkpoints]
    callbacks += [RichProgressBar()] if bar else []
    callbacks += [LearningRateMonitor("step")] if config.get("logger") else []
    trainer = trainer_of(config, folder, done=done, logger=_logger(config, folder), callbacks=callbacks)
    metrics: dict[str, Any] = {}
    try:
        trainer.fit(stage, datamodule=data, ckpt_path=start, weights_only=True)
        metrics = _metrics(config, trainer, data, checkpoints)
        metrics |= {"inputs": inputs, "minutes": round(history.seconds / 60, 2), "hardware": hardware(trainer)}
        if trainer.is_global_zero:
            files.write_json(folder / "metrics.json", metrics)
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
        rule = build(config["matching"]).describe(parts.val[0].mpp)
        best = f"best val AP {metrics['val']['ap']:.4f} ({truths} ground truths, {rule})"
        print(f"{folder}: {metrics['steps']} steps, {best}")
    trainer.strategy.barrier()  # a sweep's next job asks in each process which runs are finished
    return metrics


def _logger(config: dict[str, Any], folder: Path) -> Any:
    return build(config["logger"], save_dir=str(folder)) if config.get("logger") else False


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


def _metrics(
    config: dict[str, Any], trainer: L.Trainer, data: MitosisDataModule, checkpoints: RunCheckpoint
) -> dict[str, Any]:
    """Scores of the best checkpoint on val; a classifier's threshold, that of its best F1, is put into that file."""
    val = {name.removeprefix("val/"): value for name, value in checkpoints.scores.items()}
    metrics = {
        "steps": trainer.global_step,
        "max_steps": config["max_steps"],
        "val": val,
        "fields": {part: len(getattr(data.parts, part)) for part in ("train", "val", "test")},
        "pretrained": bool(config["model"].get("pretrained", False)),
    }
    if "crop" in config:
        metrics["chosen"] = {"threshold": 0.5 if math.isnan(val["threshold"]) else val["threshold"]}
        if trainer.is_global_zero:
            choose(checkpoints.best_path, metrics["chosen"])
    return metrics


def hardware(trainer: L.Trainer) -> str:
    """What a run was made on, in words."""
    root = trainer.strategy.root_device
    name = torch.cuda.get_device_name(root) if root.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    return f"{trainer.world_size} × {name}, {trainer.precision}"
