"""Building objects from a description, whose targets are checked before anything is called."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mitosis.errors import InputError
from mitosis.run.kinds import resolved

TARGET, PARTIAL = "_target_", "_partial_"
COMPLETED_LATER = ("view", "optimizer", "scheduler")
"""Kinds whose objects get some of their arguments later, from a training run."""


def build(node: Any, kind: str, **extra: Any) -> Any:
    """Build the object that a description names by its ``_target_``; ``extra`` is passed on.

    A description may come from a stranger's checkpoint. It is plain data: a target of the ``kind``, its arguments by
    name, among them descriptions of the same kind, and ``_partial_: true`` for an object that is completed later. All
    of this is checked before anything is called.

    Args:
        node: The description.
        kind: A key of ``KINDS``.
        extra: Further arguments, any objects.

    Returns:
        The object, or a partial.

    Raises:
        InputError: The description holds something else, a target is not of its kind or does not exist, or it does not
            accept the arguments.
    """
    if not isinstance(node, Mapping) or TARGET not in node:
        raise InputError(f"{node or 'an empty table'}: nothing can be built from it, it has no {TARGET}")
    if node.get(PARTIAL) and kind not in COMPLETED_LATER:
        raise InputError(f"{node[TARGET]}: a {kind} is built whole; leave {PARTIAL} out")
    try:
        make = _prepared(node, kind)
    except RecursionError:
        raise InputError(f"a {kind} is described by tables that are nested too deeply") from None
    return make(**extra)


def build_unread(node: dict[str, Any], kind: str) -> Any:
    """As ``build``, for an object whose weights are at hand: it neither reads nor downloads initial ones."""
    accepted = inspect.signature(resolved(node.get(TARGET), kind)).parameters
    if "pretrained" in accepted or "pretrained" in node:
        node = node | {"pretrained": False} | ({"weights": None} if "weights" in {*accepted, *node} else {})
    return build(node, kind)


def _prepared(node: Mapping[str, Any], kind: str) -> Callable[..., Any]:
    """A function that builds a checked description."""
    target, later = resolved(node[TARGET], kind), node.get(PARTIAL, False)
    if not isinstance(later, bool):
        raise InputError(f"{PARTIAL}={later}: give true or false")
    arguments = {key: _value(value, kind) for key, value in node.items() if key not in (TARGET, PARTIAL)}
    if odd := [key for key in arguments if not isinstance(key, str) or not key.isidentifier() or key[0] == "_"]:
        raise InputError(f"{node[TARGET]}: {odd[0]} is no argument; give arguments by their names")

    def make(**extra: Any) -> Any:
        given = {key: value() for key, value in arguments.items()} | extra
        try:
            if not later:
                return target(**given)
            inspect.signature(target).bind_partial(**given)  # otherwise wrong ones would surface in the middle of a run
        except InputError:
            raise
        except (TypeError, ValueError, ImportError, AttributeError, LookupError) as error:
            raise InputError(f"{node[TARGET]}: {' '.join(str(error).split())}") from error
        return partial(target, **given)

    return make


def _value(value: Any, kind: str) -> Callable[[], Any]:
    """A function that gives a checked argument, with lists and tables of its own."""
    if isinstance(value, Mapping):
        if TARGET in value:
            return _prepared(value, kind)
        table = {key: _value(one, kind) for key, one in value.items()}
        return lambda: {key: one() for key, one in table.items()}
    if isinstance(value, list | tuple):
        items = [_value(one, kind) for one in value]
        return lambda: [one() for one in items]
    if isinstance(value, str) and "${" in value:
        raise InputError(f"{value}: a description to build from holds no interpolation")
    if value is not None and not isinstance(value, str | int | float):
        raise InputError(f"a {kind} is described by plain values, not by a {type(value).__name__}")
    return lambda: value


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
