"""Trained networks: a checkpoint contains its recipe, so ``load`` needs nothing else."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mitosis.errors import InputError
from mitosis.inference.components import CandidateSettings
from mitosis.inference.crop import CropSettings
from mitosis.inference.sliding_window import Tiling
from mitosis.run.build import build, build_unread
from mitosis.run.checkpoint import read, write
from mitosis.run.facts import checked_chosen, checked_fields, checked_mpp, number, settings
from mitosis.run.keys import CLASSIFICATION, SEGMENTATION
from mitosis.run.upgrade import upgrade

SETTINGS = {"tiling": Tiling, "candidate": CandidateSettings, "crop": CropSettings}
"""Tables of a recipe that say how its network is used."""


@dataclass(frozen=True)
class Trained:
    """A trained network with everything needed to use it.

    Attributes:
        make: Builds the network, in evaluation mode, on the CPU; called when it is first used.
        recipe: The part of the configuration that affects the result, as plain data.
        chosen: Values chosen on val after training: ``threshold`` and, for a segmenter, ``window``.
        hash: Hash of the weights.
        steps: Number of optimiser steps.
        mpp: µm per pixel of the fields it was trained on.
        path: The checkpoint file.
        fields: Names of the fields by part (train, val), if known.
    """

    make: Callable[[], nn.Module]
    recipe: dict[str, Any]
    chosen: dict[str, Any]
    hash: str
    steps: int
    mpp: float
    path: Path
    fields: dict[str, list[str]] | None = None

    @cached_property
    def model(self) -> nn.Module:
        """The network, in evaluation mode. Raises ``InputError`` if it cannot be built."""
        return self.make()

    def on(self, device: torch.device) -> "Trained":
        """The same network, on a device."""
        return replace(self, make=lambda: self.model.to(device))

    @property
    def kind(self) -> str:
        """``segmentation`` or ``classification``."""
        stage = self.recipe.get("stage")
        if not isinstance(stage, dict) or stage.get("kind") not in (SEGMENTATION, CLASSIFICATION):
            raise InputError(f"{self.path}: its recipe does not say of which stage it is")
        return stage["kind"]

    @property
    def tiling(self) -> Tiling:
        """The sliding-window settings of a segmenter."""
        return settings(Tiling, self.recipe.get("tiling"), self.path, "tiling")

    @property
    def candidate(self) -> CandidateSettings:
        """How candidates are extracted from a segmenter's probability maps."""
        return settings(CandidateSettings, self.recipe.get("candidate"), self.path, "candidate")

    @property
    def crop(self) -> CropSettings:
        """The crop around a candidate that a classifier receives."""
        return settings(CropSettings, self.recipe.get("crop"), self.path, "crop")

    @property
    def stain(self) -> Callable[[np.ndarray, str], np.ndarray]:
        """The stain normalisation used in training: (image (H, W, 3) uint8, name) to an image of the same shape."""
        return build(self.recipe.get("stain"), "stain")

    def check_usable(self) -> None:
        """Raise ``InputError`` unless the recipe says all that an image needs: the settings of its stage, a stain."""
        for key in ("tiling", "candidate") if self.kind == SEGMENTATION else ("crop",):
            getattr(self, key)
        _ = self.stain

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
    recipe = upgraded(recipe, path)
    if missing := [key for key in ("state_dict", "mpp") if key not in checkpoint]:
        raise InputError(f"{path} was not written by this package: it has no {missing[0]}")
    state = weights_of(checkpoint, path)
    trained = described(checkpoint | {"steps": checkpoint.get("global_step", 0)}, recipe, state, path)
    _ = trained.model  # one that cannot be built is named here
    return trained


def upgraded(recipe: Any, path: Path) -> dict[str, Any]:
    """A recipe in the current format, with its settings checked.

    Args:
        recipe: The recipe of a file.
        path: The file, for messages.

    Raises:
        InputError: It is no recipe, or one of its settings cannot be used.
    """
    if not isinstance(recipe, dict) or not isinstance(recipe.get("model"), dict):
        raise InputError(f"{path} was not written by this package: it has no recipe")
    try:
        recipe = upgrade(recipe)
    except RecursionError:
        raise InputError(f"{path} was not written by this package: its recipe is nested too deeply") from None
    for key, kind in SETTINGS.items():
        if key in recipe:
            settings(kind, recipe[key], path, key)
    return recipe


def described(facts: Mapping[str, Any], recipe: dict[str, Any], state: dict[str, Tensor], path: Path) -> Trained:
    """The network of a recipe and its weights, with what a file says of it: mpp, chosen values, steps and fields.

    Raises ``InputError`` for an impossible value; the network itself is built when it is first used, by ``rebuilt``.
    """
    mpp = checked_mpp(facts["mpp"], path)
    chosen = checked_chosen(facts.get("chosen", {}), path)
    steps, fields = int(number(facts["steps"], path, "steps")), checked_fields(facts.get("fields"), path)
    return Trained(partial(rebuilt, recipe, state, path), recipe, chosen, hash_of(state), steps, mpp, path, fields)


def rebuilt(recipe: dict[str, Any], state: dict[str, Tensor], path: Path) -> nn.Module:
    """The network of a recipe with given weights, in evaluation mode, on the CPU.

    Args:
        recipe: A recipe in the current format.
        state: The network's state dict.
        path: The file that they come from, for messages.

    Raises:
        InputError: The recipe names an untrusted target, or the weights do not fit its network.
    """
    try:
        model = build_unread(recipe["model"], "model")
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except Exception as error:  # a stranger's arguments may be anything: sizes that no memory holds, for example
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: the network of its recipe cannot be built ({reason})") from error
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split("\n", 1)[-1].split())
        raise InputError(f"{path}: its weights do not fit its recipe's model ({reason[:200]})") from error
    return model.to(memory_format=torch.channels_last).eval()


def weights_of(checkpoint: dict[str, Any], path: Path) -> dict[str, Tensor]:
    """The state dict of the network, extracted from that of the stage.

    Args:
        checkpoint: The content of a checkpoint, with a ``state_dict``.
        path: The file, for messages.

    Raises:
        InputError: The state dict holds anything but tensors, or a number in it is nan or infinite.
    """
    state = checkpoint["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise InputError(f"{path} was not written by this package: its state_dict is no table of tensors")
    own = {str(name).removeprefix("model."): value for name, value in state.items() if str(name).startswith("model.")}
    check_finite(own, path)
    return own


def check_finite(state: Mapping[str, Tensor], path: Path) -> None:
    """Raise ``InputError`` naming the file for weights that are nan or infinite: every score would be nan."""
    for name, value in state.items():
        if not torch.isfinite(value).all():
            raise InputError(f"{path}: its weight {name} is nan or infinite; give another checkpoint or train anew")


def hash_of(state: dict[str, Tensor]) -> str:
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
