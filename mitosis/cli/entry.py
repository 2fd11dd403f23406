"""The command line: Hydra's, with users' habits and mistakes taken care of."""

import os
import re
import shlex
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from mitosis.cli.messages import check_unknown_keys, user_message
from mitosis.cli.overrides import arrange, literal
from mitosis.cli.pipe import end_with_reader
from mitosis.errors import InputError
from mitosis.process.rank import in_one_line, is_rank_zero, quiet
from mitosis.run.build import CONF, check_kinds, words_of
from mitosis.run.name import Choices, describe

NEEDED = (
    "stage",
    "view",
    "data",
    "model",
    "ablation",
    "loss",
    "augment",
    "stain",
    "optimizer",
    "scheduler",
    "matching",
    "budget",
    "trainer",
)
"""Config groups of ``train`` in each of which a word has to be chosen."""

PATIENCE = 5.0
"""Seconds that a distributed run's further processes hold back a mistake: the first, which found it as well, says it,
and what started them all ends the others meanwhile."""

Task = Callable[[dict[str, Any], Choices], float | None]


def entry(command: str, task: Task) -> None:
    """Compose ``conf/<command>.yaml`` with the overrides in ``sys.argv`` and hand ``task`` the result as plain data.

    A user's mistake (an override, a path, a file) ends in one line on stderr and exit code 1, Ctrl-C in the command
    to type again and exit code 130.
    """
    again = shlex.join(["python", "-m", f"mitosis.{command}", *sys.argv[1:]])
    try:
        sys.argv[1:] = arrange(sys.argv[1:])
    except InputError as error:
        _stop(str(error))
    if {"--help", "-h"} & set(sys.argv):
        sys.argv[1:] = help_arguments(command, sys.argv[1:])
    warnings.formatwarning = in_one_line
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises instead of printing several lines; told below in one.

    def run(config: DictConfig) -> float | None:
        warnings.formatwarning = in_one_line  # again, for a job of a sweep may be in a process of its own
        running = HydraConfig.get()
        try:
            plain, overrides = _plain(config), list(running.overrides.task)
            own = [source.path for source in running.runtime.config_sources if source.provider == "command-line"]
            if own:
                check_unknown_keys(plain)
            if missing := [key for key, value in plain.items() if value == "???"]:
                raise InputError(f"{missing[0]} is not set; type {missing[0]}=…")
            with nullcontext() if is_rank_zero(plain.get("trainer", {"devices": 1})) else quiet():
                choices = _choices(command, plain, dict(running.runtime.choices), overrides)
                return task(plain, replace(choices, conf=own[0]) if own else choices)
        except Exception as error:
            if not (message := user_message(error, command)):
                raise
            _stop(message)  # not left to Hydra, which would add lines of its own

    try:
        with end_with_reader():
            hydra.main(version_base="1.3", config_path=str(CONF), config_name=command)(run)()
    except KeyboardInterrupt:
        print(f"mitosis: interrupted; to go on, type: {again}", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not (message := user_message(error, command)):
            raise
        _stop(message)


def _stop(message: str) -> NoReturn:
    if not is_rank_zero():
        time.sleep(PATIENCE)
    print(f"mitosis: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(1)


def help_arguments(command: str, arguments: list[str]) -> list[str]:
    """``arguments`` with what ``--help`` is to say: the yaml's own first lines, the command's groups, every key."""
    text = (CONF / f"{command}.yaml").read_text(encoding="utf-8")
    head = [line[2:] for line in text.split("defaults:")[0].splitlines()]
    groups = [group for group in re.findall(r"^  - (\w+):", text, re.MULTILINE) if group != "hydra"]
    choices = [f"  {group}: {', '.join(words_of(group))}" for group in groups]
    lines = [*head, "", *(["group=word, with one of these words:", *choices, ""] if choices else [])]
    lines += ["key=value, for any of these keys; -m key=a,b runs the command once for each value:", "", "$CONFIG"]
    data = "data: ???" in text and not any(argument.startswith("data=") for argument in arguments)
    return [f"hydra.help.template={literal(chr(10).join(lines))}", *(["data=synthetic"] if data else []), *arguments]


def compose(command: str, overrides: list[str]) -> tuple[dict[str, Any], Choices]:
    """What ``python -m mitosis.<command>`` with these overrides would be handed; inside or outside a Hydra job."""
    overrides = arrange(overrides)
    config = _compose(command, overrides)
    chosen = dict(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
    return _plain(config), _choices(command, _plain(config), chosen, overrides)


def _choices(command: str, config: dict[str, Any], chosen: dict[str, str], overrides: list[str]) -> Choices:
    """The words chosen per config group, and what else of ``config`` differs from what these words alone give."""
    if command != "train":
        return Choices(chosen, "default", overrides)
    if missing := [group for group in NEEDED if chosen.get(group) is None]:
        raise InputError(
            f"{missing[0]} is not chosen; type {missing[0]}= with one of {', '.join(words_of(missing[0]))}"
        )
    words = {group: chosen[group] for group in ("data", "model", "ablation")}
    plain = _compose(command, _typed(words))
    usual = dict(plain.hydra.runtime.choices)
    with open_dict(plain):
        del plain["hydra"]
    own = {g: c for g, c in chosen.items() if "/" not in g and g not in ("trainer", "logger", "hydra")}
    groups = {group: word for group, word in own.items() if word is not None and word != usual.get(group)}
    expected = _compose(command, _typed(words | groups)) if groups else plain
    with open_dict(expected):
        expected.pop("hydra", None)
    shipped = _plain(expected)
    checked = {key: value for key, value in config.items() if key not in ("trainer", "logger")}
    check_kinds(checked, shipped, _plain(plain))
    return Choices(chosen, describe(groups, config, shipped), overrides)


def _typed(words: dict[str, str]) -> list[str]:
    return [f"{group}={word}" for group, word in words.items()]


def _compose(command: str, overrides: list[str]) -> DictConfig:
    if GlobalHydra.instance().is_initialized():
        return hydra.compose(command, overrides, return_hydra_config=True)
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(command, overrides, return_hydra_config=True)


def _plain(config: DictConfig) -> dict[str, Any]:
    return OmegaConf.to_container(config, resolve=True)  # pyright: ignore


def folder(path: str | Path, key: str) -> Path:
    """``path`` as a folder that exists; ``InputError`` naming ``key`` otherwise."""
    if not Path(path).is_dir():
        raise InputError(f"{key}={path}: no such folder")
    return Path(path)
