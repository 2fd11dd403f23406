"""The command line: Hydra's, with users' habits and mistakes taken care of."""

import difflib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from mitosis.config import CONF
from mitosis.errors import InputError
from mitosis.run import Choices, describe

PATH_KEYS = ("input", "output", "data.root", "segment", "classify", "model.weights", "candidates", "init", "runs")
"""Keys whose values are paths: taken literally, whatever Hydra's grammar would read in them."""

SET_KEYS = ("segmenter.set", "classifier.set")
"""Keys whose values are lists of overrides."""

Task = Callable[[dict[str, Any], Choices], float | None]


def entry(command: str, task: Task) -> None:
    """Compose ``conf/<command>.yaml`` with the overrides in ``sys.argv`` and hand ``task`` the result as plain data.

    A user's mistake (an override, a path, a file) ends in one line on stderr and exit code 1.
    """
    sys.argv[1:] = arrange(sys.argv[1:])
    if (
        {"--help", "-h"} & set(sys.argv)
        and (CONF / "data").is_dir()
        and not any(a.startswith("data=") for a in sys.argv)
    ):
        sys.argv += ["data=synthetic"] if "data: ???" in (CONF / f"{command}.yaml").read_text() else []
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises instead of printing several lines; told below in one.

    def run(config: DictConfig) -> float | None:
        running = HydraConfig.get()
        plain, overrides = _plain(config), list(running.overrides.task)
        try:
            return task(plain, _choices(command, plain, dict(running.runtime.choices), overrides))
        except InputError as error:  # not left to Hydra, which would add lines of its own
            _stop(str(error))

    try:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=command)(run)()
    except (HydraException, OmegaConfBaseException) as error:
        _stop(explain(error))
    except KeyboardInterrupt:
        print("mitosis: interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        sys.exit(130)


def _stop(message: str) -> None:
    print(f"mitosis: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(1)


def arrange(arguments: list[str]) -> list[str]:
    """``--multirun`` moved to the end (Hydra 1.3 refuses overrides behind it), values of path keys quoted."""
    flags = [argument for argument in arguments if argument in ("--multirun", "-m")]
    return [_quoted(argument) for argument in arguments if argument not in flags] + flags[:1]


def _quoted(argument: str) -> str:
    key, equals, value = argument.partition("=")
    if key in SET_KEYS:
        return f"{key}=[{','.join(_literal(item) for item in _items(value))}]"
    if not equals or key.lstrip("+") not in PATH_KEYS or value in ("", "null", "???"):
        return argument
    if re.fullmatch(r"'.*'|\".*\"|\[\s*['\"].*\]", value):  # quoted already, or a list of quoted paths
        return argument
    return f"{key}={_literal(value)}"


def _literal(value: str) -> str:
    """``value`` in Hydra's single quotes: only a quote, and backslashes right before one, need a backslash."""
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    trailing = len(escaped) - len(escaped.rstrip("\\"))
    return f"'{escaped}{chr(92) * trailing}'"


def _items(value: str) -> list[str]:
    """The overrides in ``[a=1,b=[2,3],'c=4']``: split at commas outside brackets, outer quotes taken off."""
    inner = value.strip()
    inner = inner[1:-1] if inner.startswith("[") and inner.endswith("]") else inner
    items, depth = [""], 0
    for character in inner:
        depth += (character in "[{(") - (character in "]})")
        if character == "," and depth == 0:
            items.append("")
        else:
            items[-1] += character
    return [re.sub(r"^(['\"])(.*)\1$", r"\2", item.strip()) for item in items if item.strip()]


def compose(command: str, overrides: list[str]) -> tuple[dict[str, Any], Choices]:
    """What ``python -m mitosis.<command>`` with these overrides would be handed; inside or outside a Hydra job."""
    config = _compose(command, overrides)
    chosen = dict(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
    return _plain(config), _choices(command, _plain(config), chosen, overrides)


def _choices(command: str, config: dict[str, Any], chosen: dict[str, str], overrides: list[str]) -> Choices:
    """The words chosen per config group, and what else of ``config`` differs from what these words alone give."""
    if "model" not in chosen:
        return Choices(chosen, "default", overrides)
    words = {group: chosen[group] for group in ("data", "model", "ablation")}
    plain = _compose(command, _typed(words)).hydra.runtime.choices
    groups = {g: c for g, c in chosen.items() if "/" not in g and c != plain.get(g) and g not in ("trainer", "logger")}
    expected = _compose(command, _typed(words | groups))
    with open_dict(expected):
        del expected["hydra"]
    return Choices(chosen, describe(groups, config, _plain(expected)), overrides)


def _typed(words: dict[str, str]) -> list[str]:
    return [f"{group}={word}" for group, word in words.items() if word is not None]


def _compose(command: str, overrides: list[str]) -> DictConfig:
    if GlobalHydra.instance().is_initialized():
        return hydra.compose(command, overrides, return_hydra_config=True)
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(command, overrides, return_hydra_config=True)


def _plain(config: DictConfig) -> dict[str, Any]:
    return OmegaConf.to_container(config, resolve=True)  # pyright: ignore


def explain(error: Exception) -> str:
    """A mistake in the configuration as one line that says what to type."""
    text = str(error)
    if isinstance(error, MissingConfigException) and error.options is not None:
        name = str(error.missing_cfg_file or "").replace("\\", "/")
        group, _, word = name.rpartition("/")
        return f"{group}={word}: no such choice; type {group}= with one of {', '.join(sorted(error.options))}"
    if found := re.search(r"Could not override '([^']+)'", text):
        key = found.group(1)
        close = difflib.get_close_matches(key, _keys(), n=1, cutoff=0.6)
        hint = f"did you mean {close[0]}=…?" if close else "all keys are printed by --cfg job"
        if "not in struct" not in text and "is not in" not in text and "append to your config" not in text:
            return text
        return f"{key}: there is no such key; {hint}"
    if found := re.search(r"You must specify '([^']+)', e\.g, ", text):
        group = found.group(1)
        words = sorted(path.stem for path in (CONF / group).glob("*.yaml") if path.stem != "common")
        return f"{group} is not chosen; type {group}= with one of {', '.join(words)}"
    return text


def _keys() -> list[str]:
    """Dotted keys of every shipped yaml, for suggestions."""
    found: set[str] = set()

    def walk(node: Any, prefix: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else ():
            if key not in ("defaults", "hydra") and not str(key).startswith("_"):
                found.add(f"{prefix}{key}")
                walk(value, f"{prefix}{key}.")

    for path in CONF.rglob("*.yaml"):
        group = path.parent.relative_to(CONF).as_posix()
        text = path.read_text(encoding="utf-8")
        found.update([group] if group != "." else [])
        prefix = "" if group == "." or "@package _global_" in text else f"{group}."
        walk(OmegaConf.to_container(OmegaConf.create(text)), prefix)
    return sorted(found)


def folder(path: str | Path, key: str) -> Path:
    """``path`` as a folder that exists; ``InputError`` naming ``key`` otherwise."""
    if not Path(path).is_dir():
        raise InputError(f"{key}={path}: no such folder")
    return Path(path)
