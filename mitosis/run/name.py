"""The name of a run: its recipe, and the folder derived from it."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.errors import InputError
from mitosis.files import digest
from mitosis.run.keys import (
    BELOW_ROOT,
    HOW,
    HOW_OF_DATA,
    OWN_TABLES,
    PLACES,
    REPEATED_BY_STAGE,
    RESULT_GROUPS,
    RESULT_OF_TRAINER,
    as_single,
)
from mitosis.run.weights_folder import SHIPPED_WORD


@dataclass(frozen=True)
class Choices:
    """The user's choices for one run.

    Attributes:
        words: The option chosen in each config group.
        variant: Slug of all other differences that affect the result.
        overrides: The overrides as typed.
        conf: Folder of the user's own yamls, from ``--config-dir``.
    """

    words: dict[str, str]
    variant: str
    overrides: list[str]
    conf: str | None = None

    @property
    def name(self) -> dict[str, str]:
        """The name of the run as stored in its recipe."""
        return {group: self.words[group] for group in RESULT_GROUPS} | {"variant": self.variant}


def recipe_of(config: dict[str, Any]) -> dict[str, Any]:
    """The part of a configuration that affects the result: no device, logger, path or number of steps."""
    recipe = {key: value for key, value in config.items() if key not in HOW}
    if isinstance(recipe.get("data"), dict):
        recipe["data"] = _data_recipe(recipe["data"])
    if isinstance(recipe.get("stage"), dict):
        recipe["stage"] = {key: value for key, value in recipe["stage"].items() if key not in REPEATED_BY_STAGE}
    if isinstance(recipe.get("model"), dict) and recipe["model"].get("weights"):
        recipe["model"] = recipe["model"] | {"weights": Path(str(recipe["model"]["weights"])).name}
    if recipe.get("init"):
        named = str(recipe["init"])
        recipe["init"] = named if named == SHIPPED_WORD else safe_name(Path(named).resolve().parts[-5:])
    trainer = config.get("trainer") or {}
    if kept := {key: trainer[key] for key in RESULT_OF_TRAINER if trainer.get(key) is not None}:
        recipe["trainer"] = kept
    return recipe


def _data_recipe(data: dict[str, Any], prefix: str = "data.") -> dict[str, Any]:
    recipe = {key: value for key, value in data.items() if key not in HOW_OF_DATA}
    for key in BELOW_ROOT:
        if path := data.get(key):
            recipe[key] = _below(path, data.get("root"))
    for key in OWN_TABLES:
        if table := own_table(data.get(key)):
            _, colon, names = str(data[key]).partition(":")
            recipe[key] = _own_name(table, f"{prefix}{key}") + colon + names
    if isinstance(data.get("sets"), dict):
        recipe["sets"] = {
            name: _data_recipe(one, f"{prefix}sets.{name}.") if isinstance(one, dict) else one
            for name, one in data["sets"].items()
        }
    return recipe


def roots_of(data: dict[str, Any]) -> dict[str, str]:
    """The folders that are set in ``data``, by dotted key: ``root``, or ``sets.<name>.root`` for each of its sets."""
    return {key: str(value) for key, value in flat(data).items() if as_single(key) == "root" and value}


def own_tables(config: dict[str, Any]) -> dict[str, Path]:
    """The user's own csvs of folds and patients, by dotted key below ``data``; of all its ``sets``."""
    keys = flat(config["data"])
    named = {key: own_table(value) for key, value in keys.items() if as_single(key) in OWN_TABLES}
    return {key: path for key, path in named.items() if path is not None}


def own_table(name: Any) -> Path | None:
    """The user's csv that a value such as ``FILE.csv`` or ``FILE.csv:PREFIX`` names; None for another value."""
    path = str(name or "").partition(":")[0]
    return Path(path).expanduser() if path.endswith(".csv") else None


def _own_name(table: Path, key: str) -> str:
    """Name of the copy in the run folder; it depends on the content, because another table makes another run."""
    if not table.is_file():
        raise InputError(f"{key}={table}: no such file")
    return f"own-{digest(table)[:8]}.csv"


def _below(path: str, root: str | None) -> str:
    """``path`` relative to ``root``, even outside of it: a recipe contains no absolute path."""
    given = Path(str(path)).expanduser()
    return (
        os.path.relpath(given.resolve(), Path(str(root)).expanduser().resolve()) if given.is_absolute() else str(path)
    )


def describe(groups: dict[str, str], actual: dict[str, Any], expected: dict[str, Any]) -> str:
    """Slug of the changes that affect the result: chosen groups, then single keys; ``default`` if there are none.

    At most 80 characters; a longer slug is truncated and ends with a hash of the full text.
    """
    have, want = flat(recipe_of(actual)), flat(recipe_of(expected))
    parts = [f"{group}-{word}" for group, word in sorted(groups.items())]
    for key in sorted(have.keys() | want.keys()):
        if have.get(key) != want.get(key) and key != "fold":
            value = have.get(key)
            parts.append(f"{key}-{'-'.join(map(str, value)) if isinstance(value, list) else value}")
    return safe_name([",".join(parts)]) or "default"


def tested_on(config: dict[str, Any], choices: Choices) -> str:
    """The dataset that ``evaluate`` is to test on, and its settings, as a slug; empty for that of the training."""
    if "_target_" not in config["data"]:
        return ""
    typed = [text.lstrip("+").partition("=") for text in choices.overrides]
    own = [f"{key[5:]}-{value}" for key, _, value in typed if key.startswith("data.") and as_single(key) not in PLACES]
    return safe_name([",".join([choices.words["data"], *own])])


def safe_name(parts: Sequence[str]) -> str:
    """``parts`` joined into a file name of at most 80 safe characters; a longer name ends with a hash."""
    text = "-".join(part for part in parts if part != "/")
    slug = re.sub(r"[^A-Za-z0-9.+,_-]+", "_", text).strip("_")
    return slug if len(slug) <= 80 else f"{slug[:71]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def flat(node: Any, prefix: str = "") -> dict[str, Any]:
    """A nested dict flattened to dotted keys; lists are kept as values."""
    if isinstance(node, dict):
        return {k: v for key, value in node.items() for k, v in flat(value, f"{prefix}{key}.").items()}
    return {prefix[:-1]: node}


def run_folder(config: dict[str, Any], choices: Choices, segmenter: str | None = None) -> Path:
    """``runs/<data>/<model>/<ablation>/<variant>[/on-<segmenter>]/fold-<fold>``, independent of time and device."""
    words = choices.words
    path = Path(config["runs"]) / words["data"] / words["model"] / words["ablation"] / choices.variant
    return (path / f"on-{segmenter}" if segmenter else path) / f"fold-{config['fold']}"


@dataclass(frozen=True)
class Title:
    """What a run is called where many are compared.

    Attributes:
        experiment: ``<data>/<model>``.
        variant: ``<ablation>/<what else differs>[/on-<segmenter>]``: the same for all folds.
        fold: Its fold.
        kind: Of its stage, ``segmentation`` or ``classification``.
        words: Of dataset, model and ablation.
    """

    experiment: str
    variant: str
    fold: str
    kind: str
    words: tuple[str, ...]


def title_of(recipe: dict[str, Any]) -> Title:
    """The title of the run that ``recipe`` describes."""
    name = recipe["name"]
    segmenter = [f"on-{slug}" for slug in recipe.get("segmenters", [])[-1:]]
    return Title(
        experiment=f"{name['data']}/{name['model']}",
        variant="/".join([name["ablation"], name["variant"], *segmenter]),
        fold=str(recipe["fold"]),
        kind=recipe["stage"]["kind"],
        words=tuple(name[group] for group in RESULT_GROUPS),
    )


def slug_of(run: Path) -> str:
    """A run as one word, used in the names of runs that build on it: model, ablation and variant, joined."""
    return safe_name(run.resolve().parts[-4:-1])
