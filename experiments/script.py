"""What scripts of tables and figures share: arguments, datasets as ``prepare`` builds them, mistakes in one line."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mitosis.cli.compose import compose
from mitosis.cli.messages import user_message
from mitosis.data.datamodule import MitosisDataModule
from mitosis.errors import InputError
from mitosis.process.rank import in_one_line
from mitosis.run.build import build


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Run a script on its arguments; a user's mistake ends in one line on stderr and exit code 1."""
    warnings.formatwarning = in_one_line
    try:
        main(sys.argv[1:])
    except Exception as error:
        if not (said := user_message(error, "prepare")):
            raise
        sys.exit(f"mitosis: {' '.join(said.split())}")


def pairs(arguments: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` as a table. Raises ``InputError`` for an argument without =."""
    if lone := [argument for argument in arguments if "=" not in argument]:
        raise InputError(f"{lone[0]}: type {lone[0]}=VALUE")
    return dict(argument.split("=", maxsplit=1) for argument in arguments)


def opened(word: str, settings: Mapping[str, str], *more: str) -> tuple[MitosisDataModule, Any]:
    """The dataset ``word`` with ``settings`` of its own (root among them), and its stain; ``more``: further overrides.

    Raises ``InputError``, or Hydra's errors, for settings that it does not take.
    """
    typed = [f"data.{key}={value}" for key, value in settings.items()]
    config, _ = compose("prepare", [f"data={word}", *typed, *more])
    stain = build(config["stain"])
    return build(config["data"], fold="all", stain=stain), stain
