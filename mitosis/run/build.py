"""Building objects from a configuration, restricted to trusted targets."""

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
"""Environment variable with a comma-separated list of the user's packages whose objects may be built."""


def words_of(group: str) -> list[str]:
    """The options of a config group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml") if path.stem != "common")


def build(node: dict[str, Any], **extra: Any) -> Any:
    """Build the object described by ``node`` and its ``_target_``, including nested ones; ``extra`` is passed on.

    A recipe may come from an untrusted checkpoint. Every target must therefore appear in the shipped configuration or
    belong to a package listed in the environment variable ``MITOSIS_TRUST``. Interpolations are rejected, because they
    could produce a target that was never checked.

    Raises:
        InputError: A target is untrusted or does not exist, or it does not accept the arguments.
    """
    for target in _targets(node):
        _check_target(target)
    if not isinstance(node, dict) or "_target_" not in node:
        raise InputError(f"{node or 'an empty table'}: nothing can be built from it, it has no _target_")
    try:
        built = instantiate(node, **extra, _convert_="all")
        if isinstance(built, partial):  # wrong arguments would otherwise surface only in the middle of a run
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
        value = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"_target_: there is no {target} ({error})") from error
    # Re-exports must not bypass the check: mitosis.data.fold.lists.csv.writer also starts with "mitosis.".
    home = getattr(value, "__module__", None) or ""
    if home.split(".")[0] not in ["mitosis", *trusted]:
        raise InputError(f"_target_: {target} is not defined in {package}; it may not be built")
    # The target may also name the module that defines a shipped one.
    if package not in trusted and f"{home.rpartition('.')[0]}.{name}" not in shipped:
        raise refusal


@functools.cache
def shipped_targets() -> frozenset[str]:
    """Every ``_target_`` in the shipped yamls, except those of Hydra's plugins."""
    texts = [path.read_text(encoding="utf-8") for path in CONF.glob("*/*.yaml")]
    return frozenset(target for text in texts for target in re.findall(r"^\s*_target_: (\S+)", text, re.MULTILINE))


@functools.cache
def _rooms() -> frozenset[str]:
    """The subpackages with targets; no other module of this package is imported for an untrusted recipe."""
    rooms = {target.rpartition(".")[0] for target in shipped_targets()}
    return frozenset(room for room in rooms if room.startswith("mitosis."))


def check_kinds(actual: dict[str, Any], expected: dict[str, Any], usual: dict[str, Any], prefix: str = "") -> None:
    """Raise ``InputError`` for a value of another type than in the shipped configuration ``expected``.

    Numbers, booleans and lists are checked. If ``usual``, the configuration of the default groups, has a string or null
    for a number, strings and null are accepted too.
    """
    for key, value in actual.items():
        shipped, name, free = expected.get(key), f"{prefix}{key}", usual.get(key, expected.get(key))
        if isinstance(shipped, dict) and isinstance(value, dict):
            check_kinds(value, shipped, free if isinstance(free, dict) else {}, f"{name}.")
        elif isinstance(shipped, bool):
            if not isinstance(value, bool):
                raise InputError(f"{name}={value}: give true or false")
        elif isinstance(shipped, int | float):
            text = (value is None or isinstance(value, str)) and (free is None or isinstance(free, str))
            if not text and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise InputError(f"{name}={value}: give a number such as {shipped}")
        elif isinstance(shipped, list) and not isinstance(value, list):
            raise InputError(f"{name}={value}: give a list such as {shipped}")
