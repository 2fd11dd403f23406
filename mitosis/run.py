"""Run folders: their names, their lock, and what they hold beside the checkpoints."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mitosis import atomic
from mitosis.errors import InputError

HOW = ("trainer", "logger", "runs", "candidates", "max_steps", "budget", "hydra")
"""Top-level keys that say how or where a run is made, not what it is; a budget only feeds the keys it is read by."""
HOW_DATA = ("root", "workers", "cache")
BELOW_ROOT = ("labels", "objects")
"""Files of a dataset, absolute or below its root."""
WHAT_TRAINER = ("gradient_clip_val", "accumulate_grad_batches")
"""The trainer's keys that do change the result."""


@dataclass(frozen=True)
class Choices:
    """The words chosen per config group, the slug of all else that changes the result, the overrides as typed.

    ``conf``: the folder of the user's own yamls, where ``--config-dir`` names one.
    """

    words: dict[str, str]
    else_slug: str
    overrides: list[str]
    conf: str | None = None

    @property
    def name(self) -> dict[str, str]:
        """The run's words as its recipe keeps them."""
        return {group: self.words[group] for group in ("data", "model", "ablation")} | {"what": self.else_slug}


def recipe_of(config: dict[str, Any]) -> dict[str, Any]:
    """What of a configuration makes the result: no device, logger, path or number of steps; plain data."""
    recipe = {key: value for key, value in config.items() if key not in HOW}
    if isinstance(recipe.get("data"), dict):
        recipe["data"] = {key: value for key, value in recipe["data"].items() if key not in HOW_DATA}
        for key in BELOW_ROOT:
            if path := config["data"].get(key):
                recipe["data"][key] = _below(path, config["data"].get("root"))
        if lists := own_folds(config):
            _, colon, prefix = str(config["data"]["folds"]).partition(":")
            recipe["data"]["folds"] = _own_name(lists) + colon + prefix
    if isinstance(recipe.get("model"), dict) and recipe["model"].get("weights"):
        recipe["model"] = recipe["model"] | {"weights": Path(str(recipe["model"]["weights"])).name}
    if recipe.get("init"):
        recipe["init"] = word(Path(str(recipe["init"])).resolve().parts[-5:])
    trainer = config.get("trainer") or {}
    if what := {key: trainer[key] for key in WHAT_TRAINER if trainer.get(key) is not None}:
        recipe["trainer"] = what
    return recipe


def own_folds(config: dict[str, Any]) -> Path | None:
    """The user's own fold lists, a csv; None where the folds are shipped or dealt out."""
    name = str(config["data"].get("folds") or "").partition(":")[0]
    return Path(name).expanduser() if name.endswith(".csv") else None


def _own_name(lists: Path) -> str:
    """Of the copy in the run folder: other lists make another run."""
    if not lists.is_file():
        raise InputError(f"data.folds={lists}: no such file")
    return f"own-{digest(lists)[:8]}.csv"


def _below(path: str, root: str | None) -> str:
    """``path`` as seen from ``root``, out of it where it must be: a recipe names no place of this machine."""
    given = Path(str(path)).expanduser()
    return (
        os.path.relpath(given.resolve(), Path(str(root)).expanduser().resolve()) if given.is_absolute() else str(path)
    )


def describe(groups: dict[str, str], actual: dict[str, Any], expected: dict[str, Any]) -> str:
    """Slug of what changes a result: chosen groups, then single keys that differ; ``default`` when nothing does.

    At most 80 characters: a longer one is cut and closed with a hash of the whole.
    """
    have, want = flat(recipe_of(actual)), flat(recipe_of(expected))
    parts = [f"{group}-{word}" for group, word in sorted(groups.items())]
    for key in sorted(have.keys() | want.keys()):
        if have.get(key) != want.get(key) and key != "fold":
            value = have.get(key)
            parts.append(f"{key}-{'-'.join(map(str, value)) if isinstance(value, list) else value}")
    return word([",".join(parts)]) or "default"


def word(parts: Sequence[str]) -> str:
    """``parts`` joined to a file name of at most 80 safe characters; a longer one ends in a hash of the whole."""
    text = "-".join(part for part in parts if part != "/")
    word = re.sub(r"[^A-Za-z0-9.+,_-]+", "_", text).strip("_")
    return word if len(word) <= 80 else f"{word[:71]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def flat(node: Any, prefix: str = "") -> dict[str, Any]:
    """A nested dict with dotted keys; lists are values."""
    if isinstance(node, dict):
        return {k: v for key, value in node.items() for k, v in flat(value, f"{prefix}{key}.").items()}
    return {prefix[:-1]: node}


def run_folder(config: dict[str, Any], choices: Choices, on: str | None = None) -> Path:
    """``runs/<data>/<model>/<ablation>/<what else>[/on-<segmenter>]/fold-<fold>``: no clock, no device in it."""
    words = choices.words
    path = Path(config["runs"]) / words["data"] / words["model"] / words["ablation"] / choices.else_slug
    return (path / f"on-{on}" if on else path) / f"fold-{config['fold']}"


def slug_of(run: Path) -> str:
    """A run as one word, for the name of what is built on it: model, ablation and what else, joined."""
    return word(run.resolve().parts[-4:-1])


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run folder for one process; ``InputError`` when another one works in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{folder}: another process is working in this run folder; wait for it or stop it"
            ) from None
        yield


def claim(folder: Path, recipe: dict[str, Any], local: dict[str, Any], folds: Path | None = None) -> None:
    """Write ``recipe.yaml``, or check that the folder holds this very recipe; ``InputError`` names what differs.

    ``local`` holds this machine's paths (the data's root); it goes to ``local.yaml`` and is no part of the recipe.
    ``folds``: the user's own fold lists, of which a copy is put beside it.
    """
    path = folder / "recipe.yaml"
    if path.exists():
        have, want = flat(read_yaml(path)), flat(recipe)
        if differing := [key for key in sorted(have.keys() | want.keys()) if have.get(key) != want.get(key)]:
            key = differing[0]
            raise InputError(
                f"{folder} holds a run of another recipe ({key} is {have.get(key)} there, {want.get(key)} here);"
                " remove the folder or choose another with runs=DIR"
            )
    else:
        atomic.write_text(path, yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True))
    atomic.write_text(folder / "local.yaml", yaml.safe_dump(local))
    if folds is not None:
        with atomic.replacing(folder / recipe["data"]["folds"].partition(":")[0]) as file:
            file.write(folds.read_bytes())


def read_yaml(path: Path) -> dict[str, Any]:
    """A yaml of a run folder as a dict; ``InputError`` naming it when it is missing or broken."""
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path.parent} is not a run folder: it has no {path.name}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable as yaml ({' '.join(str(error).split())})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is not a table of keys; it was cut off or written by something else")
    return value


def read_json(path: Path) -> dict[str, Any]:
    """A json of a run folder; empty when it is absent, ``InputError`` naming it when it is broken."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:  # not json, or not even text
        raise InputError(f"{path} is not readable as json ({error}); remove it and run the step again") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is not a table of keys; remove it and run the step again")
    return value


def digest(path: Path) -> str:
    """SHA-256 of a file's content; ``InputError`` naming it when it is missing."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the step that makes it first") from None


def finished(folder: Path, steps: int, inputs: dict[str, str]) -> bool:
    """Whether the run went through ``steps`` on these very ``inputs`` (name → digest)."""
    metrics = read_json(folder / "metrics.json")
    if metrics and not {"max_steps", "inputs"} <= metrics.keys():
        raise InputError(f"{folder / 'metrics.json'} is no run's result; remove it and run the step again")
    return bool(metrics) and metrics["max_steps"] >= steps and metrics["inputs"] == inputs
