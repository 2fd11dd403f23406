"""Where the configuration lies and how objects are built from it."""

import importlib
import inspect
import os
from functools import partial
from pathlib import Path
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from mitosis.errors import InputError

_PACKAGE = Path(__file__).resolve().parents[1]
CONF = next(path for path in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if path.is_dir())
"""The configuration's folder: inside the package in a wheel, beside it in a checkout."""

TRUST = "MITOSIS_TRUST"
"""Environment variable naming the user's own packages whose objects may be built, separated by commas."""

THIRD_PARTY = frozenset(
    {
        "lightning.pytorch.loggers.CSVLogger",
        "lightning.pytorch.loggers.TensorBoardLogger",
        "torch.nn.CrossEntropyLoss",
        "torch.optim.Adam",
        "torch.optim.AdamW",
        "torch.optim.SGD",
    }
)
"""What may be built although it is not defined in this package."""

ROOMS = frozenset({"augment", "data", "logger", "loss", "metric", "model", "scheduler", "stage", "stain"})
"""Where in this package something may be built: a recipe must not reach what writes files or starts processes."""


def words_of(group: str) -> list[str]:
    """The words that can be chosen in a config group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml") if path.stem != "common")


def build(node: dict[str, Any], **extra: Any) -> Any:
    """Build the object that ``node`` describes by ``_target_``; nested ones are built too, ``extra`` is passed on.

    A recipe may come with a stranger's checkpoint, so a target must be defined in one of this package's ``ROOMS``,
    stand in ``THIRD_PARTY``, or lie in a package that the environment variable ``MITOSIS_TRUST`` names; interpolations
    are refused, for they could make up a description that was never looked at.
    Raises ``InputError`` for any other target, one that does not exist, and arguments that it does not take.
    """
    for target in _targets(node):
        _check_target(target)
    if not isinstance(node, dict) or "_target_" not in node:
        raise InputError(f"{node or 'an empty table'}: nothing can be built from it, it has no _target_")
    try:
        built = instantiate(node, **extra, _convert_="all")
        if isinstance(built, partial):  # its mistakes would show at its call only, in the middle of a run
            inspect.signature(built.func).bind_partial(*built.args, **built.keywords)
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, InputError):
            raise cause from None
        if isinstance(cause, TypeError | ValueError | ImportError):
            raise InputError(f"{node['_target_']}: {cause}") from error
        raise cause or error from None
    except TypeError as error:
        raise InputError(f"{node['_target_']}: {error}") from error
    return built


def _targets(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["_target_"]] if "_target_" in node else []
        return own + [target for value in node.values() for target in _targets(value)]
    if isinstance(node, list | tuple):
        return [target for value in node for target in _targets(value)]
    if isinstance(node, str) and "${" in node:
        raise InputError(f"{node}: a description to build from holds no interpolation")
    return []


def _check_target(target: str) -> None:
    if target in THIRD_PARTY:
        return
    trusted = [name.strip() for name in os.environ.get(TRUST, "").split(",") if name.strip()]
    module, _, name = str(target).rpartition(".")
    own = module.split(".")[0] == "mitosis" and module.partition(".")[2].split(".")[0] in ROOMS
    if not own and module.split(".")[0] not in trusted:
        raise InputError(f"_target_: {target} may not be built; name its package in {TRUST} if you trust it")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"_target_: there is no {target} ({error})") from error
    # A re-export must not open a door: mitosis.data.fold.lists.csv.writer starts with "mitosis." as well.
    if (getattr(found, "__module__", None) or "").split(".")[0] not in ["mitosis", *trusted]:
        raise InputError(f"_target_: {target} is not defined in {module.split('.')[0]}; it may not be built")


def check_kinds(actual: dict[str, Any], expected: dict[str, Any], usual: dict[str, Any], prefix: str = "") -> None:
    """``InputError`` for a word where the shipped configuration ``expected`` has a number, a truth value or a list.

    Where ``usual``, which is that of the default groups, has a word or null in place of a number, both are welcome.
    """
    for key, value in actual.items():
        shipped, name, free = expected.get(key), f"{prefix}{key}", usual.get(key, expected.get(key))
        if isinstance(shipped, dict) and isinstance(value, dict):
            check_kinds(value, shipped, free if isinstance(free, dict) else {}, f"{name}.")
        elif isinstance(shipped, bool):
            if not isinstance(value, bool):
                raise InputError(f"{name}={value}: give true or false")
        elif isinstance(shipped, int | float):
            word = (value is None or isinstance(value, str)) and (free is None or isinstance(free, str))
            if not word and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise InputError(f"{name}={value}: give a number such as {shipped}")
        elif isinstance(shipped, list) and not isinstance(value, list):
            raise InputError(f"{name}={value}: give a list such as {shipped}")
