"""The options in conf/, read from the folder, so that a new yaml is tested automatically."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hydra.utils import get_object

from mitosis.run.conf import CONF, words_of


def described(group: str) -> dict[str, dict[str, Any]]:
    """Each word of a config group → what its yaml says of the object; a global yaml says it under the group's name."""
    return {word: _described(CONF / group / f"{word}.yaml", group) for word in words_of(group)}


def _described(path: Path, group: str) -> dict[str, Any]:
    node = yaml.safe_load(path.read_text())
    own = node if "_target_" in node else node[group]
    beside = [path.parent / f"{one}.yaml" for one in node.get("defaults", []) if isinstance(one, str)]
    shared = [_described(one, group) for one in beside if one.is_file()]
    return {key: value for one in [*shared, own] for key, value in one.items()}


def parts(group: str) -> dict[str, Callable[..., Any]]:
    """Each word of a config group → this package's class or function that its ``_target_`` names."""
    targets = {word: node["_target_"] for word, node in described(group).items()}
    return {word: get_object(target) for word, target in targets.items() if target.startswith("mitosis.")}


def settings(group: str, word: str) -> set[str]:
    """The keys that a yaml gives to what it builds."""
    return {key for key in described(group)[word] if not key.startswith("_")}
