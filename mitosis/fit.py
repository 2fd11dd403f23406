"""Training itself: everything built, Lightning run, the threshold chosen, the result written."""

import logging
import math
import sys
import warnings
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, RichProgressBar

from mitosis import atomic
from mitosis.assembly import build_data, build_stage
from mitosis.checkpoint import read
from mitosis.config import build
from mitosis.data.datamodule import MitosisDataModule
from mitosis.errors import InputError
from mitosis.recipe import checkpoint_of, choose, weights_of
from mitosis.stage.base import Stage
from mitosis.stage.checkpoint import AtomicCheckpointIO, RunCheckpoint
from mitosis.stage.history import History


def fit(
    config: dict[str, Any], recipe: dict[str, Any], folder: Path, segmenters: list[Path], inputs: dict[str, str]
) -> dict[str, Any]:
    """Train to ``max_steps`` (rounded up to whole epochs that end with a look at val), from ``last.ckpt`` when there is one; returns the metrics.

    A checkpoint made on other ``inputs`` is started over. Classifiers choose their threshold on val: the largest F1.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*number of training batches.*")
    warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)
    torch.set_float32_matmul_precision("high")
    L.seed_everything(config["seed"], verbose=False)
    data = build_data(config, segmenters)
    parts = data.parts
    if parts.note:
        print(parts.note)
    stage = build_stage(config, data)
    contents = {"recipe": recipe, "mpp": float(parts.train[0].mpp), "inputs": inputs}
    checkpoints = RunCheckpoint(folder / "checkpoints", contents)
    start = _start(checkpoints, inputs)
    if config["init"] and start is None:
        _initialise(stage, config["init"])
    bar = sys.stderr.isatty()
    history = History(folder / "metrics.csv", announce=not bar)
    trainer = _trainer(config, folder, [history, checkpoints, *([RichProgressBar()] if bar else [])])
    try:
        trainer.fit(stage, datamodule=data, ckpt_path=start, weights_only=True)
    finally:
        _close(config)
    if trainer.interrupted:
        raise KeyboardInterrupt
    metrics = _metrics(config, trainer, data, checkpoints)
    metrics |= {"inputs": inputs, "minutes": round(history.seconds / 60, 2), "hardware": hardware(trainer)}
    if trainer.is_global_zero:
        atomic.write_json(folder / "metrics.json", metrics)
        print(f"{folder}: {metrics['steps']} steps, best val AP {metrics['val']['ap']:.4f}")
    return metrics


def _trainer(config: dict[str, Any], folder: Path, callbacks: list[Callback]) -> L.Trainer:
    settings = dict(config["trainer"])
    if settings["precision"] == "auto":
        capable = settings["accelerator"] != "cpu" and torch.cuda.is_available() and torch.cuda.is_bf16_supported()
        settings["precision"] = "bf16-mixed" if capable else "32-true"
    if config["ema"]:
        from lightning.pytorch.callbacks import EMAWeightAveraging

        callbacks.append(EMAWeightAveraging(decay=config["ema"]))
    steps_per_epoch = config["data"]["samples_per_epoch"] // config["data"]["batch_size"]
    if steps_per_epoch < 1:
        raise InputError("data.samples_per_epoch is smaller than data.batch_size; an epoch needs one batch at least")
    epochs = math.ceil(config["max_steps"] / steps_per_epoch)
    epochs = config["val_every"] * math.ceil(epochs / config["val_every"])  # the last epoch is one that is scored
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
        log_every_n_steps=min(50, steps_per_epoch),
        default_root_dir=folder,
    )


def _logger(config: dict[str, Any], folder: Path) -> Any:
    if not config.get("logger"):
        return False
    extra: dict[str, Any] = {"save_dir": str(folder)}
    if config["logger"]["_target_"].endswith("WandbLogger"):
        extra |= {"id": _wandb_id(folder), "resume": "allow", "name": "/".join(folder.parts[-5:])}
    return build(config["logger"], **extra)


def _wandb_id(folder: Path) -> str:
    path = folder / "wandb_id"
    if not path.exists():
        import secrets

        atomic.write_text(path, secrets.token_hex(4))
    return path.read_text()


def _close(config: dict[str, Any]) -> None:
    """End W&B's run, or the next fold of a sweep would log into it."""
    if config.get("logger") and config["logger"]["_target_"].endswith("WandbLogger"):
        import wandb

        wandb.finish()


def _start(checkpoints: RunCheckpoint, inputs: dict[str, str]) -> Path | None:
    path = checkpoints.last_path
    if not path.exists():
        return None
    if read(path)["inputs"] != inputs:
        print(f"{checkpoints.folder.parent}: its candidates changed; training starts over")
        path.unlink()
        checkpoints.best_path.unlink(missing_ok=True)
        return None
    return path


def _initialise(stage: Stage, source: str) -> None:
    path = checkpoint_of(source)
    try:
        stage.model.load_state_dict(weights_of(read(path)))
    except RuntimeError as error:
        raise InputError(f"init={path}: its weights do not fit this model ({str(error).splitlines()[0]})") from error


def _metrics(
    config: dict[str, Any], trainer: L.Trainer, data: MitosisDataModule, checkpoints: RunCheckpoint
) -> dict[str, Any]:
    """Scores of the best checkpoint on val; a classifier's threshold, that of its best F1, is stored beside the weights."""
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
