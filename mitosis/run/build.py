"""How objects are built from a configuration, and which may be."""

import functools
import importlib
import inspect
import os
import re
from functools import partial
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from mitosis.errors import InputError
from mitosis.run.conf import CONF

TRUST = "MITOSIS_TRUST"
"""Environment variable naming the user's own packages whose objects may be built, separated by commas."""


def words_of(group: str) -> list[str]:
    """The words that can be chosen in a config group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml") if path.stem != "common")


def build(node: dict[str, Any], **extra: Any) -> Any:
    """Build the object that ``node`` describes by ``_target_``; nested ones are built too, ``extra`` is passed on.

    A recipe may come with a stranger's checkpoint, so a target must be one that the shipped configuration names, or
    lie in a package that the environment variable ``MITOSIS_TRUST`` names; interpolations are refused, for they could
    make up a description that was never looked at.
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
    shipped = shipped_targets()
    if target in shipped:
        return
    trusted = [name.strip() for name in os.environ.get(TRUST, "").split(",") if name.strip()]
    module, _, name = str(target).rpartition(".")
    package = module.split(".")[0]
    refusal = InputError(f"_target_: {target} may not be built; name its package in {TRUST} if you trust it")
    if package not in trusted and not any(f"{module}.".startswith(f"{room}.") for room in _rooms()):
        raise refusal
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"_target_: there is no {target} ({error})") from error
    # A re-export must not open a door: mitosis.data.fold.lists.csv.writer starts with "mitosis." as well.
    home = getattr(found, "__module__", None) or ""
    if home.split(".")[0] not in ["mitosis", *trusted]:
        raise InputError(f"_target_: {target} is not defined in {package}; it may not be built")
    if package not in trusted and f"{home.rpartition('.')[0]}.{name}" not in shipped:  # named by its module
        raise refusal


@functools.cache
def shipped_targets() -> frozenset[str]:
    """Every ``_target_`` of the shipped yamls, Hydra's own plugins apart."""
    texts = [path.read_text(encoding="utf-8") for path in CONF.glob("*/*.yaml")]
    return frozenset(target for text in texts for target in re.findall(r"^\s*_target_: (\S+)", text, re.MULTILINE))


@functools.cache
def _rooms() -> frozenset[str]:
    """This package's folders with something to build: no other module of its is imported for a stranger's recipe."""
    rooms = {target.rpartition(".")[0] for target in shipped_targets()}
    return frozenset(room for room in rooms if room.startswith("mitosis."))


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
