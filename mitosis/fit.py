"""Training itself: everything built, Lightning run, the threshold chosen, the result written."""

import gc
import logging
import math
import sys
import warnings
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, LearningRateMonitor, RichProgressBar

from mitosis import atomic
from mitosis.allocator import keep_freed_memory
from mitosis.assembly import build_data, build_stage
from mitosis.checkpoint import read
from mitosis.config import build
from mitosis.data.datamodule import MitosisDataModule
from mitosis.errors import InputError
from mitosis.panel import Panel
from mitosis.recipe import checkpoint_of, choose, weights_of
from mitosis.stage.base import Stage
from mitosis.stage.checkpoint import AtomicCheckpointIO, RunCheckpoint
from mitosis.stage.history import History


def fit(
    config: dict[str, Any], recipe: dict[str, Any], folder: Path, segmenters: list[Path], inputs: dict[str, str]
) -> dict[str, Any]:
    """Train to ``max_steps``, from ``last.ckpt`` when there is one; returns the metrics.

    Steps are rounded up to whole epochs, the last one scored on val. A checkpoint made on other ``inputs`` is started
    over. Classifiers choose their threshold on val: the largest F1.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*number of training batches.*")
    warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)
    torch.set_float32_matmul_precision("high")
    keep_freed_memory()
    gc.collect()  # a sweep's previous job: Lightning's objects point at one another and outlive it
    torch.cuda.empty_cache()
    L.seed_everything(config["seed"], verbose=False)
    data = build_data(config, segmenters)
    parts = data.parts
    if parts.note:
        print(parts.note)
    stage = build_stage(config, data)
    contents = {"recipe": recipe, "mpp": float(parts.train[0].mpp), "inputs": inputs}
    checkpoints = RunCheckpoint(folder / "checkpoints", contents)
    data.first_epoch = _epochs_done(checkpoints, inputs)
    start = checkpoints.last_path if data.first_epoch else None
    if config["init"] and start is None:
        _initialise(stage, config["init"])
    bar = sys.stderr.isatty()
    history = History(folder / "metrics.csv", announce=not bar)
    epochs = max(_epochs(config), data.first_epoch)  # Lightning refuses fewer than are done
    callbacks = [history, Panel(folder / "panel.png"), checkpoints]
    callbacks += [RichProgressBar()] if bar else []
    callbacks += [LearningRateMonitor("step")] if config.get("logger") else []
    trainer = _trainer(config, folder, epochs, callbacks)
    metrics: dict[str, Any] = {}
    try:
        trainer.fit(stage, datamodule=data, ckpt_path=start, weights_only=True)
        metrics = _metrics(config, trainer, data, checkpoints)
        metrics |= {"inputs": inputs, "minutes": round(history.seconds / 60, 2), "hardware": hardware(trainer)}
        if trainer.is_global_zero:
            atomic.write_json(folder / "metrics.json", metrics)
    except SystemExit:
        if trainer.interrupted:  # Lightning turns Ctrl-C into an exit that says nothing
            raise KeyboardInterrupt from None
        raise
    finally:
        _conclude(trainer, metrics)
    if trainer.is_global_zero:
        truths = sum(len(record.figures) for record in parts.val)
        rule = build(config["matching"]).describe(parts.val[0].mpp)
        best = f"best val AP {metrics['val']['ap']:.4f} ({truths} ground truths, {rule})"
        print(f"{folder}: {metrics['steps']} steps, {best}")
    return metrics


def _epochs(config: dict[str, Any]) -> int:
    """Whole epochs that hold ``max_steps`` and end with one that is scored on val."""
    every = config["val_every"]
    return every * -(-config["max_steps"] // (every * _steps_per_epoch(config)))


def _steps_per_epoch(config: dict[str, Any]) -> int:
    steps = config["data"]["samples_per_epoch"] // config["data"]["batch_size"]
    if steps < 1:
        raise InputError("data.samples_per_epoch is smaller than data.batch_size; an epoch needs one batch at least")
    return steps


def _trainer(config: dict[str, Any], folder: Path, epochs: int, callbacks: list[Callback]) -> L.Trainer:
    settings = dict(config["trainer"])
    if settings["precision"] == "auto":
        capable = settings["accelerator"] != "cpu" and torch.cuda.is_available() and torch.cuda.is_bf16_supported()
        settings["precision"] = "bf16-mixed" if capable else "32-true"
    if config["ema"]:
        from lightning.pytorch.callbacks import EMAWeightAveraging

        callbacks.append(EMAWeightAveraging(decay=config["ema"]))
    try:
        return L.Trainer(
            **settings,
            max_epochs=epochs,
            logger=_logger(config, folder),
            callbacks=callbacks,
            plugins=[AtomicCheckpointIO()],
            enable_progress_bar=any(isinstance(callback, RichProgressBar) for callback in callbacks),
            check_val_every_n_epoch=config["val_every"],
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            log_every_n_steps=min(50, _steps_per_epoch(config)),
            default_root_dir=folder,
        )
    except (TypeError, ValueError, MisconfigurationException) as error:
        raise InputError(f"trainer: {' '.join(str(error).split())}") from error


def _logger(config: dict[str, Any], folder: Path) -> Any:
    return build(config["logger"], save_dir=str(folder)) if config.get("logger") else False


def _conclude(trainer: L.Trainer, metrics: dict[str, Any]) -> None:
    """Tell the loggers that want to know (W&B's) that the run has ended, and its result; empty where it failed."""
    for logger in trainer.loggers:
        if conclude := getattr(logger, "conclude", None):
            conclude(metrics)


def _epochs_done(checkpoints: RunCheckpoint, inputs: dict[str, str]) -> int:
    """Epochs behind ``last.ckpt``; none where there is no such file, or it was made on other inputs and is removed."""
    path = checkpoints.last_path
    if not path.exists():
        return 0
    checkpoint = read(path)
    if checkpoint.get("inputs") != inputs:
        print(f"{checkpoints.folder.parent}: its candidates changed; training starts over")
        path.unlink()
        checkpoints.best_path.unlink(missing_ok=True)
        return 0
    return checkpoint["epoch"] + 1  # written when an epoch ends, before it is counted


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
        choose(checkpoints.best_path, metrics["chosen"])
    return metrics


def hardware(trainer: L.Trainer) -> str:
    """What a run was made on, in words."""
    root = trainer.strategy.root_device
    name = torch.cuda.get_device_name(root) if root.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    return f"{trainer.world_size} × {name}, {trainer.precision}"
