"""Trained networks: a checkpoint contains its recipe, so ``load`` needs nothing else."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mitosis.errors import InputError
from mitosis.inference.components import CandidateSettings
from mitosis.inference.crop import CropSettings
from mitosis.inference.sliding_window import Tiling
from mitosis.run.build import build
from mitosis.run.checkpoint import read, write
from mitosis.run.upgrade import upgrade


@dataclass(frozen=True)
class Trained:
    """A trained network with everything needed to use it.

    Attributes:
        model: The network, in evaluation mode, on the CPU.
        recipe: The part of the configuration that affects the result, as plain data.
        chosen: Values chosen on val after training: ``threshold`` and, for a segmenter, ``window``.
        hash: Hash of the weights.
        steps: Number of optimiser steps.
        mpp: µm per pixel of the fields it was trained on.
        path: The checkpoint file.
        fields: Names of the fields by part (train, val), if known.
    """

    model: nn.Module
    recipe: dict[str, Any]
    chosen: dict[str, Any]
    hash: str
    steps: int
    mpp: float
    path: Path
    fields: dict[str, list[str]] | None = None

    @property
    def kind(self) -> str:
        """``segmentation`` or ``classification``."""
        return self.recipe["stage"]["kind"]

    @property
    def tiling(self) -> Tiling:
        """The sliding-window settings of a segmenter."""
        return Tiling(**self.recipe["tiling"])

    @property
    def candidate(self) -> CandidateSettings:
        """How candidates are extracted from a segmenter's probability maps."""
        return CandidateSettings(**self.recipe["candidate"])

    @property
    def crop(self) -> CropSettings:
        """The crop around a candidate that a classifier receives."""
        return CropSettings(**self.recipe["crop"])

    @property
    def stain(self) -> Callable[[np.ndarray, str], np.ndarray]:
        """The stain normalisation used in training: (image (H, W, 3) uint8, name) to an image of the same shape."""
        return build(self.recipe["stain"])

    def same_stain(self, other: "Trained") -> bool:
        """Whether both networks were trained with the same stain normalisation."""
        return self.recipe["stain"] == other.recipe["stain"]


def checkpoint_of(run: str | Path) -> Path:
    """``best.ckpt`` of a run folder, or the file itself; ``InputError`` if it does not exist."""
    path = Path(run)
    if path.is_dir():
        path = path / "checkpoints" / "best.ckpt"
    if not path.is_file():
        raise InputError(f"{run}: no checkpoint there; give a run folder or a .ckpt file")
    return path


def load(run: str | Path) -> Trained:
    """Rebuild the network of a run folder or checkpoint; code in a checkpoint is never executed.

    Args:
        run: Run folder, or checkpoint file.

    Returns:
        The network with its recipe and its chosen values.

    Raises:
        InputError: The file is missing, broken or from another program, or its recipe names an untrusted target.
    """
    path = checkpoint_of(run)
    checkpoint = read(path)
    recipe = checkpoint.get("recipe")
    if not isinstance(recipe, dict) or not isinstance(recipe.get("model"), dict):
        raise InputError(f"{path} was not written by this package: it has no recipe")
    recipe = upgrade(recipe)
    if missing := [key for key in ("state_dict", "mpp") if key not in checkpoint]:
        raise InputError(f"{path} was not written by this package: it has no {missing[0]}")
    state = weights_of(checkpoint)
    model = rebuilt(recipe, state, path)
    steps = int(checkpoint.get("global_step", 0))
    chosen, mpp, fields = checkpoint.get("chosen", {}), float(checkpoint["mpp"]), checkpoint.get("fields")
    return Trained(model, recipe, chosen, hash_of(state), steps, mpp, path, fields)


def rebuilt(recipe: dict[str, Any], state: dict[str, torch.Tensor], path: Path) -> nn.Module:
    """The network of a recipe with given weights, in evaluation mode, on the CPU.

    Args:
        recipe: A recipe in the current format.
        state: The network's state dict.
        path: The file that they come from, for messages.

    Raises:
        InputError: The recipe names an untrusted target, or the weights do not fit its network.
    """
    description = dict(recipe["model"])
    if "pretrained" in description:  # the weights are at hand, so nothing is downloaded
        description |= {"pretrained": False, "weights": None}
    try:
        model = build(description)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split("\n", 1)[-1].split())
        raise InputError(f"{path}: its weights do not fit its recipe's model ({reason[:200]})") from error
    return model.to(memory_format=torch.channels_last).eval()


def weights_of(checkpoint: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The state dict of the network, extracted from that of the stage."""
    state = checkpoint["state_dict"]
    return {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}


def hash_of(state: dict[str, torch.Tensor]) -> str:
    """First 16 hexadecimal digits of SHA-256 over names, shapes and values; independent of the file format."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def choose(run: str | Path, chosen: dict[str, Any]) -> None:
    """Store the values chosen on val (threshold, window) in the run's checkpoint, next to the unchanged weights."""
    path = checkpoint_of(run)
    checkpoint = read(path)
    checkpoint["chosen"] = chosen
    write(checkpoint, path)
