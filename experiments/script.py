"""Shared by the scripts of tables and figures: arguments, opening a dataset as ``prepare`` does, one-line errors."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
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


def opened(word: str, settings: Mapping[str, str], *more: str) -> tuple[MitosisDataModule, Any]:
    """The dataset ``word`` with its ``settings`` (including root), and its stain; ``more`` are further overrides.

    Raises ``InputError`` or an error from Hydra for invalid settings.
    """
    overrides = [f"data.{key}={value}" for key, value in settings.items()]
    config, _ = compose("prepare", [f"data={word}", *overrides, *more])
    data = open_data(config, fold="all")
    return data, data.store.stain
