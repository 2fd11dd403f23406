"""The result of a training run."""

from typing import Any

import lightning as L
import torch

from mitosis.run.assembly import Assembled
from mitosis.run.keys import CLASSIFICATION
from mitosis.run.trained import choose
from mitosis.training.run_checkpoint import RunCheckpoint


def metrics_of(assembled: Assembled, max_steps: int, trainer: L.Trainer, checkpoints: RunCheckpoint) -> dict[str, Any]:
    """Scores of the best checkpoint on val; stores a classifier's best-F1 threshold in that checkpoint."""
    val = {name.removeprefix("val/"): value for name, value in checkpoints.scores.items()}
    metrics = {
        "steps": trainer.global_step,
        "max_steps": max_steps,
        "val": val,
        "fields": {part: len(getattr(assembled.data.parts, part)) for part in ("train", "val", "test")},
        "pretrained": assembled.pretrained,
    }
    if assembled.stage.kind == CLASSIFICATION:
        right = val["f1"] > 0  # False for nan as well
        if not right:
            print("val: no mitotic figure is found, so no threshold can be chosen there; 0.5 is used")
        metrics["chosen"] = {"threshold": val["threshold"] if right else 0.5}
        if trainer.is_global_zero:
            choose(checkpoints.best_path, metrics["chosen"])
    return metrics


def hardware(trainer: L.Trainer) -> str:
    """A description of the devices and the precision."""
    root = trainer.strategy.root_device
    name = torch.cuda.get_device_name(root) if root.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    return f"{trainer.num_devices * trainer.num_nodes} × {name}, {trainer.precision}"
