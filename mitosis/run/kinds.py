"""What a description may build: a list of kinds, and for each of them the classes and functions that count."""

import functools
import importlib
import inspect
import os
import re
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mitosis.errors import InputError
from mitosis.lazy import defined_names
from mitosis.run.conf import CONF

PACKAGE = Path(__file__).resolve().parents[1]
TRUST = "MITOSIS_TRUST"
"""Environment variable with a comma-separated list of the user's packages whose objects may be built."""

KINDS: Mapping[str, str | None] = MappingProxyType(
    {
        "model": "torch.nn.Module",
        "loss": "torch.nn.Module",
        "augment": None,
        "stain": None,
        "data": "mitosis.data.datamodule.MitosisDataModule",
        "view": "torch.utils.data.Dataset",
        "optimizer": "torch.optim.Optimizer",
        "scheduler": "torch.optim.lr_scheduler.LRScheduler",
        "matching": "mitosis.metric.matching.Matching",
        "stage": "mitosis.stage.base.Stage",
        "logger": "lightning.pytorch.loggers.Logger",
    }
)
"""Kind, which is its config group → the class that all of the kind are; None for any class with a ``__call__``."""


@functools.cache
def shipped_targets(group: str = "*") -> frozenset[str]:
    """Every ``_target_`` in the shipped yamls of a config group, or of all of them except Hydra's."""
    texts = [path.read_text(encoding="utf-8") for path in CONF.glob(f"{group}/*.yaml")]
    return frozenset(target for text in texts for target in re.findall(r"^\s*_target_: (\S+)", text, re.MULTILINE))


def resolved(target: Any, kind: str) -> Callable[..., Any]:
    """The class or function that a target names, checked to be of its kind; nothing is called.

    A recipe may come from a stranger. A target is therefore either in the shipped yamls of its kind or defined in a
    package that the environment variable ``MITOSIS_TRUST`` lists, and no other module is imported. It is a class of the
    kind, or a function that declares to return one; in a trusted package as well.

    Args:
        target: A dotted name.
        kind: A key of ``KINDS``.

    Raises:
        InputError: It is none of these, or does not exist.
    """
    name = target if isinstance(target, str) else ""
    package = name.partition(".")[0]
    if package in _trusted():
        value = _imported(name)
        home = str(getattr(value, "__module__", None) or "")
        if home.partition(".")[0] != package:  # a re-export: mine.loss.remove may be os.remove
            raise InputError(f"_target_: {name} is not defined in {package}; it may not be built")
    elif shipped := _shipped(name, kind):
        value = _imported(shipped)
    elif any(name.startswith(f"{room}.") for room in _rooms(kind)):
        raise InputError(f"_target_: there is no {name} to be built as {kind}")
    else:
        raise InputError(f"_target_: {target} may not be built as {kind}; name its package in {TRUST} if you trust it")
    if not _is_of(value, kind):
        what = (KINDS[kind] or "class with __call__").rpartition(".")[2]
        raise InputError(f"_target_: {name} may not be built as {kind}: give a {what}, or a function with '-> {what}'")
    return value


def _shipped(target: str, kind: str) -> str | None:
    """The shipped target that is meant, which the module that defines it may also name; None if there is none."""
    shipped = shipped_targets(kind)
    if target in shipped:
        return target
    module, _, name = target.rpartition(".")
    room, _, stem = module.rpartition(".")
    short = f"{room}.{name}"
    if short not in shipped or room.partition(".")[0] != "mitosis":
        return None
    folder = PACKAGE.joinpath(*room.split(".")[1:])
    return short if defined_names(folder).get(name) == (stem,) else None


def _rooms(kind: str) -> set[str]:
    """The packages of the shipped targets of a kind."""
    rooms = {target.rpartition(".")[0] for target in shipped_targets(kind)}
    return {room for room in rooms if room.startswith("mitosis.")}


def _imported(target: str) -> Any:
    module, _, name = target.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"_target_: there is no {target} ({error})") from error


def _is_of(value: Any, kind: str) -> bool:
    """Whether a value is a class of the kind, or a function that declares to return one."""
    if inspect.isfunction(value):
        try:
            value = typing.get_type_hints(value).get("return")
        except Exception:  # an annotation may be any expression
            return False
    if not inspect.isclass(value):
        return False
    base = KINDS[kind]
    if base is None:
        return any("__call__" in vars(one) for one in value.__mro__)
    module, _, name = base.rpartition(".")
    return issubclass(value, getattr(importlib.import_module(module), name))


def _trusted() -> list[str]:
    return [name.strip() for name in os.environ.get(TRUST, "").split(",") if name.strip()]
