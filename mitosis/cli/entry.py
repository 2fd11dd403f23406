"""The entry point of every command: Hydra, with error messages of one line."""

import os
import shlex
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from mitosis.cli.compose import choices_of, expanded, plain
from mitosis.cli.failures import note_failure, noted_failures
from mitosis.cli.help import help_arguments
from mitosis.cli.messages import check_unknown_keys, user_message
from mitosis.cli.overrides import arrange
from mitosis.cli.pipe import end_with_reader
from mitosis.errors import InputError
from mitosis.process.child import end_with_launcher
from mitosis.process.output import lasting_output, print_any_letter
from mitosis.process.rank import in_one_line, is_rank_zero, quiet
from mitosis.run.conf import CONF
from mitosis.run.name import Choices

LONGEST = 70
"""Bytes of a temporary folder's path: the sockets in it take 107 at most, and their own names 31."""
PATIENCE = 30.0
"""Seconds that the other ranks of a distributed run wait before they report an error. Rank zero reports the same error
as soon as it gets there, on a busy machine many seconds later, and the launcher then stops the others."""

Task = Callable[[dict[str, Any], Choices], float | None]


def entry(command: str, task: Task) -> None:
    """Compose ``conf/<command>.yaml`` with the overrides in ``sys.argv``, and call ``task`` with the result.

    A user error (in an override, a path or a file) prints one line on stderr and exits with code 1. Ctrl-C prints the
    command that resumes the work and exits with code 130.

    Args:
        command: Name of the command and of its yaml.
        task: Called with the configuration as plain data and with the choices; returns the score for a sweep.
    """
    resume = shlex.join(["python", "-m", f"mitosis.{command}", *sys.argv[1:]])
    print_any_letter()
    try:
        check_surroundings()
        sys.argv[1:] = arrange(sys.argv[1:], command)
    except InputError as error:
        _stop(str(error))
    if {"--help", "-h"} & set(sys.argv):
        sys.argv[1:] = help_arguments(command, sys.argv[1:])
    warnings.formatwarning = in_one_line
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises its errors, which are printed below in one line

    def run(config: DictConfig) -> float | None:
        warnings.formatwarning = in_one_line  # set again: a sweep's job may run in its own process
        print_any_letter()
        end_with_launcher()
        job = HydraConfig.get()
        overrides: list[str] = [str(one) for one in OmegaConf.to_container(job.overrides.task) or ()]  # "${…}" stays
        try:
            settings = expanded(plain(config))
            user_conf = [source.path for source in job.runtime.config_sources if source.provider == "command-line"]
            if user_conf:
                check_unknown_keys(settings)
            if missing := [key for key, value in settings.items() if value == "???"]:
                raise InputError(f"{missing[0]} is not set; type {missing[0]}=…")
            with lasting_output() if is_rank_zero(settings.get("trainer", {"devices": 1})) else quiet():
                choices = choices_of(command, settings, dict(job.runtime.choices), overrides)
                return task(settings, replace(choices, conf=user_conf[0]) if user_conf else choices)
        except Exception as error:
            if not (message := user_message(error, command)):
                raise
            if note_failure(overrides, message):
                return None
            _stop(message)  # handled here, because Hydra would print more lines

    try:
        with end_with_reader(), noted_failures() as failures:
            hydra.main(version_base="1.3", config_path=str(CONF), config_name=command)(run)()
        if failures:
            _stop(*(message if not words else f"{' '.join(words)}: {message}" for words, message in failures))
    except KeyboardInterrupt:
        print(f"mitosis: interrupted; to go on, type: {resume}", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not (message := user_message(error, command)):
            raise
        _stop(message)


def _stop(*messages: str) -> NoReturn:
    if not is_rank_zero():
        time.sleep(PATIENCE)
    for message in messages:
        print(f"mitosis: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(1)


def check_surroundings() -> None:
    """Raise ``InputError`` where nothing can work: the working folder is gone, or that for temporary files too long."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise InputError("the folder that this is typed in was removed; change to another one") from None
    place = tempfile.gettempdir()
    if len(os.fsencode(place)) > LONGEST:
        raise InputError(f"TMPDIR={place} has more than {LONGEST} bytes, too many for sockets; set a shorter one")


def folder(path: Any, key: str) -> Path:
    """``path`` as an existing folder; ``InputError`` naming ``key`` if there is none, or for a list of paths."""
    if not isinstance(path, str | Path):
        raise InputError(f"{key}={path}: give one run folder")
    if not Path(path).is_dir():
        raise InputError(f"{key}={path}: no such folder")
    return Path(path)
