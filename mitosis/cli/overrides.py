"""Rewriting overrides as users type them into Hydra's grammar."""

import re
from typing import NoReturn

from hydra._internal.utils import get_args_parser

from mitosis.errors import InputError
from mitosis.run.build import CONF, words_of
from mitosis.run.keys import LISTS, PATHS, PLACES, as_single

VALUED = ("--cfg", "-c", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd")
"""Hydra's flags that take a value."""

OF_RUNS = ("propose", "evaluate")
"""Commands that take their data from a run."""

QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
"""A regular expression for quoted text."""


def arrange(arguments: list[str], command: str = "train") -> list[str]:
    """Move flags to the end (Hydra 1.3 rejects overrides after ``--multirun``), and quote the values of path keys.

    In a command that takes its data from a run, places of ``data.sets`` get a ``++``, because its yaml lists no sets.
    Raises ``InputError`` for a flag unknown to Hydra, and for ``group=null``, which Hydra cannot compose.
    """
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


def _is_of_a_set(argument: str) -> bool:
    key = argument.partition("=")[0]
    return key not in PLACES and as_single(key) in PLACES


def _refuse(message: str) -> NoReturn:
    raise InputError(f"{message}; settings are typed as key=value")


def _quoted(argument: str) -> str:
    key, equals, value = argument.partition("=")
    bare = key.lstrip("+")
    if bare in LISTS and value.startswith("[") and value.endswith("]"):
        return f"{key}=[{','.join(literal(item) for item in _items(value[1:-1]))}]"
    if not equals or as_single(bare) not in PATHS or value in ("", "null", "???") or re.fullmatch(QUOTED, value):
        return argument
    return f"{key}={literal(value)}"


def literal(value: str) -> str:
    """``value`` in Hydra's single quotes: escapes quotes, and backslashes directly before a quote."""
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    trailing = len(escaped) - len(escaped.rstrip("\\"))
    return f"'{escaped}{chr(92) * trailing}'"


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
