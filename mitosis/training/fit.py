"""Training: assemble the run's objects, train with Lightning, write the result."""

import gc
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, LearningRateMonitor, RichProgressBar

from mitosis import files
from mitosis.data.fold.labels import labels_of
from mitosis.data.fold.lists import Parts, names_of
from mitosis.errors import PeerLostError
from mitosis.metric.matching import Matching
from mitosis.process.memory import keep_freed_memory
from mitosis.process.rank import is_rank_zero
from mitosis.run.assembly import Assembled
from mitosis.run.run import Run
from mitosis.run.settings import TrainingSettings
from mitosis.training.compiling import Compiling
from mitosis.training.history import History
from mitosis.training.mining import Mining, MiningSettings
from mitosis.training.panel import Panel
from mitosis.training.result import hardware, metrics_of
from mitosis.training.run_checkpoint import RunCheckpoint
from mitosis.training.start import initialise, progress
from mitosis.training.trainer import silence, trainer_of


def fit(run: Run, settings: TrainingSettings, assemble: Callable[[], Assembled]) -> dict[str, Any]:
    """Train to ``max_steps``, resuming from the newest whole checkpoint if there is one; returns the metrics.

    Optimiser steps are rounded up to whole epochs, and the last epoch is validated. If the checkpoint was trained on
    other ``inputs``, training starts over. A classifier's threshold is the one with the best F1 on val. In a
    distributed run every process calls this function, but only rank zero writes files and logs.
    """
    _prepare_process(settings.seed)
    assembled = assemble()
    data, stage, parts = assembled.data, assembled.stage, assembled.data.parts
    if parts.note:
        print(parts.note)
    data.store.check_room(parts.train + parts.val)
    contents: dict[str, Any] = {
        "recipe": run.recipe,
        "mpp": float(parts.train[0].mpp),
        "inputs": run.inputs,
        "fields": names_of(parts),
    }
    contents["labels"] = labels_of(parts.train + parts.val)
    checkpoints = RunCheckpoint(run.folder / "checkpoints", contents, "val/ap" if settings.keep == "best" else None)
    done = progress(checkpoints, run.inputs, parts)
    data.first_epoch = done.epochs
    if settings.init and done.checkpoint is None:
        initialise(stage, settings.init)
    writes = is_rank_zero(settings.trainer)
    logger = assembled.logger(save_dir=str(run.folder)) if assembled.logger and writes else False
    bar = sys.stderr.isatty()
    history = History(run.folder / "metrics.csv", announce=not bar)
    compiling = Compiling(settings.compiled)
    callbacks: list[Callback] = [history, Panel(run.folder / "panel.png"), checkpoints, compiling]
    if settings.mining:
        callbacks.append(Mining(data, MiningSettings(**settings.mining)))
    callbacks += [RichProgressBar()] if bar else []
    callbacks += [LearningRateMonitor("step")] if logger else []
    length = {"samples": data.samples_per_epoch, "batch_size": data.batch_size}
    trainer = trainer_of(settings, run.folder, **length, done=done, logger=logger, callbacks=callbacks)
    print(f"{run.folder}: {hardware(trainer)}{done.change(trainer.precision)}")
    metrics: dict[str, Any] = {}
    try:
        _fit(trainer, stage, datamodule=data, ckpt_path=done.checkpoint)
        metrics = metrics_of(assembled, settings.max_steps, trainer, checkpoints)
        metrics |= {"labels": contents["labels"], "compiled": compiling.compiled}
        metrics |= {"inputs": run.inputs, "minutes": round(history.seconds / 60, 2), "hardware": hardware(trainer)}
        if trainer.is_global_zero:
            files.write_json(run.folder / "metrics.json", metrics)
    finally:
        _finish_loggers(trainer, metrics)
    if trainer.is_global_zero:
        _print(run.folder, metrics, parts, assembled.matching)
    trainer.strategy.barrier()  # in a sweep, every process checks next which runs are finished
    return metrics


def _prepare_process(seed: int) -> None:
    silence()
    torch.set_float32_matmul_precision("high")
    keep_freed_memory()
    gc.collect()  # frees a sweep's previous job, which Lightning's reference cycles keep alive
    torch.cuda.empty_cache()
    L.seed_everything(seed, verbose=False)


def _fit(trainer: L.Trainer, stage: L.LightningModule, **given: Any) -> None:
    """Call Lightning's ``fit``, and turn its errors for Ctrl-C and a lost process into the matching exceptions."""
    try:
        trainer.fit(stage, **given, weights_only=True)
    except SystemExit:
        if trainer.interrupted:  # Lightning turns Ctrl-C into a bare SystemExit
            raise KeyboardInterrupt from None
        raise
    except RuntimeError as error:
        if match := re.search("(gloo|NCCL).*", str(error)):  # torch has no exception class for it
            reason = f"a process of this run lost another one ({match[0].split('. ')[0]})"
            raise PeerLostError(f"{reason}; the same command goes on from the last checkpoint") from error
        raise


def _finish_loggers(trainer: L.Trainer, metrics: dict[str, Any]) -> None:
    """Pass the result, empty if the run failed, to the loggers with a ``finish`` method (W&B)."""
    for logger in trainer.loggers:
        if finish := getattr(logger, "finish", None):
            finish(metrics)


def _print(folder: Path, metrics: dict[str, Any], parts: Parts, matching: Matching) -> None:
    truths = sum(len(record.figures) for record in parts.val)
    best = f"best val AP {metrics['val']['ap']:.4f} ({truths} ground truths, {matching.describe(parts.val[0].mpp)})"
    print(f"{folder}: {metrics['steps']} steps, {best}")
