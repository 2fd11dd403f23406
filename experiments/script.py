"""Shared by the scripts of tables and figures: arguments, opening a dataset as ``prepare`` does, one-line errors."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.cli.compose import compose
from mitosis.cli.messages import user_message
from mitosis.data.datamodule import MitosisDataModule
from mitosis.errors import InputError
from mitosis.process.rank import in_one_line
from mitosis.run.assembly import open_data


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Run a script with its arguments; a user error prints one line on stderr and exits with code 1."""
    warnings.formatwarning = in_one_line
    try:
        main(sys.argv[1:])
    except Exception as error:
        if not (message := user_message(error, "prepare")):
            raise
        sys.exit(f"mitosis: {' '.join(message.split())}")


def pairs(arguments: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` arguments as a dict; ``InputError`` for an argument without ``=``."""
    if invalid := [argument for argument in arguments if "=" not in argument]:
        raise InputError(f"{invalid[0]}: type {invalid[0]}=VALUE")
    return dict(argument.split("=", maxsplit=1) for argument in arguments)


def whole_number(key: str, value: str) -> int:
    """A number typed for ``key``; ``InputError`` unless it is at least 1."""
    if not value.isdecimal() or not int(value):
        raise InputError(f"{key}={value}: give a whole number, 1 or more")
    return int(value)


@dataclass(frozen=True)
class OfRun:
    """What is typed for a figure of a run: its folder, how many things to show, the picture, and the data's roots."""

    folder: Path
    count: int
    output: Path
    given: dict[str, Any]


def of_run(arguments: Sequence[str], name: str, kind: str, counted: str, default: int) -> OfRun:
    """The settings of the figure ``name``, which shows a run of a ``kind``.

    Args:
        arguments: As typed: ``run``, and if wanted ``output``, ``root`` and the key ``counted``.
        name: Of the figure; the picture is ``RUN/NAME.png`` unless ``output`` says otherwise.
        kind: Which runs it shows, in words.
        counted: The key that says how many things are shown.
        default: Their number unless it is typed.

    Raises:
        InputError: ``run`` is missing, another key is typed, or the number is none.
    """
    settings = {counted: str(default), "root": "", "run": ""} | pairs(arguments)
    if unknown := settings.keys() - {"run", counted, "root", "output"}:
        raise InputError(f"{min(unknown)}: type run=RUN, and if you like {counted}=, root= or output=")
    if not settings["run"]:
        raise InputError(f"type run=RUN, or make {name} RUN=DIR, with the folder of {kind}")
    folder, count = Path(settings["run"]), whole_number(counted, settings[counted])
    output = Path(settings.get("output", folder / f"{name}.png"))
    return OfRun(folder, count, output, {"root": settings["root"] or None, "sets": {}})


def opened(word: str, settings: Mapping[str, str], *more: str) -> tuple[MitosisDataModule, Any]:
    """The dataset ``word`` with its ``settings`` (including root), and its stain; ``more`` are further overrides.

    Raises ``InputError`` or an error from Hydra for invalid settings.
    """
    overrides = [f"data.{key}={value}" for key, value in settings.items()]
    config, _ = compose("prepare", [f"data={word}", *overrides, *more])
    data = open_data(config, fold="all")
    return data, data.store.stain
