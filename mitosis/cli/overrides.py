"""Rewriting overrides as users type them into Hydra's grammar."""

import os
import re
from typing import Any, NoReturn

import yaml
from hydra._internal.utils import get_args_parser

from mitosis.errors import InputError
from mitosis.run.conf import CONF, words_of
from mitosis.run.keys import CLASS_TABLES, LISTS, PATHS, PLACES, RENAMED, as_single

VALUED = ("--cfg", "-c", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd")
"""Hydra's flags that take a value."""

OF_RUNS = ("propose", "combine", "evaluate", "report")
"""Commands that take their data from a run."""

ONCE = ("input", "output", "from", "to", "mpp", "data.root", "data.labels", "data.mpp")
"""Keys of what is read and written, of which the last of two values would win without a word."""

BARE = r"[\w\s{}:,./*?@|$%+-]*"
"""A regular expression for tables that Hydra's grammar takes, whose keys may not be quoted."""

QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
"""A regular expression for quoted text."""


def arrange(arguments: list[str], command: str = "train") -> list[str]:
    """Move flags to the end (Hydra 1.3 rejects overrides after ``--multirun``), and quote the values of path keys.

    In a command that takes its data from a run, places of ``data.sets`` get a ``++``, because its yaml lists no sets.
    A table of class names that Hydra cannot read becomes one text, which ``table_of`` reads.
    Raises ``InputError`` for a flag unknown to Hydra, for a key of ``ONCE`` with two values, and for ``group=null``,
    which Hydra cannot compose.
    """
    _refuse_twice(arguments)
    overrides, flags, rest = [], [], list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith("-"):
            overrides.append(("++" if command in OF_RUNS and _is_of_a_set(argument) else "") + _quoted(argument))
            continue
        flags.append(argument)
        if rest and (argument in VALUED or (argument in ("--info", "-i") and "=" not in rest[0])):
            flags.append(rest.pop(0))
    if {"--cfg", "-c", "--info", "-i"} & set(flags):  # Hydra rejects them together with --multirun
        flags = [flag for flag in flags if flag not in ("--multirun", "-m")]
    parser = get_args_parser()
    parser.error = _refuse  # pyright: ignore  # argparse would print several lines
    parser.parse_args([*overrides, *flags])
    for override in overrides:
        group, _, word = override.partition("=")
        if word == "null" and re.fullmatch(r"[a-z]+", group) and (CONF / group).is_dir():
            raise InputError(
                f"{override}: type {group}= with one of {', '.join(words_of(group))}, or ~{group} for none"
            )
    return overrides + flags


def _refuse_twice(arguments: list[str]) -> None:
    typed: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if equals and key in ONCE and typed.setdefault(key, value) != value:
            several = "; for several images, a folder or a glob in quotes" if key == "input" else ""
            raise InputError(f"{key} is typed twice, {typed[key]} and {value}; type it once{several}")


def _is_of_a_set(argument: str) -> bool:
    key = argument.partition("=")[0]
    return key not in PLACES and as_single(key) in PLACES


def _refuse(message: str) -> NoReturn:
    raise InputError(f"{message}; settings are typed as key=value")


def _quoted(argument: str) -> str:
    key, equals, value = argument.partition("=")
    bare = key.lstrip("+")
    if bare in LISTS and value.startswith("[") and value.endswith("]"):
        items = _items(value[1:-1])
        return f"{key}=[{','.join(literal(item) for item in (_joined(items) if bare in PATHS else items))}]"
    if as_single(bare) in CLASS_TABLES and value.startswith("{") and not re.fullmatch(BARE, value, re.ASCII):
        return f"{key}={literal(value)}" if table_of(value) else argument
    if (
        not equals
        or (as_single(bare) not in PATHS and bare not in RENAMED)
        or value in ("", "null", "???")
        or re.fullmatch(QUOTED, value)
    ):
        return argument
    return f"{key}={literal(value)}"


def table_of(value: str) -> dict[str, Any] | None:
    """A table that was typed as ``{name: value, …}``, with names in any letters or in quotes; None if it is none."""
    try:
        table = yaml.load(value, Loader=yaml.BaseLoader)  # all values stay text: "no" is a class's name
    except yaml.YAMLError:
        return None
    return table if isinstance(table, dict) else None


def literal(value: str) -> str:
    """``value`` in Hydra's single quotes: escapes quotes, and backslashes directly before a quote."""
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    trailing = len(escaped) - len(escaped.rstrip("\\"))
    return f"'{escaped}{chr(92) * trailing}'"


def _joined(items: list[str]) -> list[str]:
    """Items of a list of paths, joined again where a comma is part of a path that exists: names of runs hold commas."""
    paths: list[str] = []
    while items:
        counts = range(len(items), 0, -1)  # the longest: a run's name may be the beginning of another's
        count = next((n for n in counts if os.path.exists(os.path.expanduser(",".join(items[:n])))), 1)  # noqa: PTH110, PTH111
        paths.append(",".join(items[:count]))
        items = items[count:]
    return paths


def _items(inner: str) -> list[str]:
    """The items of ``a=1,b=[2,3],'c=4,5'``: split at commas outside brackets and quotes, without outer quotes."""
    items, depth = [""], 0
    for token in re.findall(rf"(?:^|(?<=[=,:\[({{\s]))(?:{QUOTED})(?=[,:\])}}\s]|$)|.", inner, re.DOTALL):
        depth += (token in "[{(") - (token in "]})")
        if token == "," and depth == 0:
            items.append("")
        else:
            items[-1] += token
    return [_unquoted(item.strip()) for item in items if item.strip()]


def _unquoted(item: str) -> str:
    """``item`` without outer quotes: the inverse of ``literal``."""
    if not re.fullmatch(QUOTED, item):
        return item
    return re.sub(rf"(\\+)(?={item[0]}|$)", lambda slashes: slashes[0][: len(slashes[0]) // 2], item[1:-1])
