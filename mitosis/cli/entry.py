"""The command line: Hydra's, with users' habits and mistakes taken care of."""

import os
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
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from mitosis.cli.compose import choices_of, plain
from mitosis.cli.help import help_arguments
from mitosis.cli.messages import check_unknown_keys, user_message
from mitosis.cli.overrides import arrange
from mitosis.cli.pipe import end_with_reader
from mitosis.errors import InputError
from mitosis.process.rank import in_one_line, is_rank_zero, quiet
from mitosis.run.build import CONF
from mitosis.run.name import Choices

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
            given, overrides = plain(config), list(running.overrides.task)
            own = [source.path for source in running.runtime.config_sources if source.provider == "command-line"]
            if own:
                check_unknown_keys(given)
            if missing := [key for key, value in given.items() if value == "???"]:
                raise InputError(f"{missing[0]} is not set; type {missing[0]}=…")
            with nullcontext() if is_rank_zero(given.get("trainer", {"devices": 1})) else quiet():
                choices = choices_of(command, given, dict(running.runtime.choices), overrides)
                return task(given, replace(choices, conf=own[0]) if own else choices)
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


def folder(path: Any, key: str) -> Path:
    """``path`` as a folder that exists; ``InputError`` naming ``key`` otherwise, and for a list of paths."""
    if not isinstance(path, str):
        raise InputError(f"{key}={path}: give one run folder")
    if not Path(path).is_dir():
        raise InputError(f"{key}={path}: no such folder")
    return Path(path)
