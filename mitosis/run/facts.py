"""What a stranger's file says of a network, checked: plain numbers and words of the right type and range."""

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from mitosis.errors import InputError
from mitosis.image.mpp import MPP, plausible

T = TypeVar("T")

LARGEST = 20_000
"""Largest side of a window or crop in pixels: that of the largest image."""
RANGES: Mapping[str, tuple[float, float]] = types.MappingProxyType(
    {
        "window": (1, LARGEST),
        "pixels": (1, LARGEST),
        "overlap": (0, LARGEST),
        "batch": (1, LARGEST),
        "max_pixels": (1, math.inf),
        "mpp": MPP,
        "side_um": (0.1, 10_000),
    }
)
"""Least and greatest usable value of a setting, in its own unit."""
WINDOWS = ("whole", "auto")
"""Words instead of a window's side."""


def settings(kind: type[T], table: Any, path: Path, name: str) -> T:
    """A dataclass of plain values from a table of a recipe, each of the type that the dataclass declares.

    Args:
        kind: The dataclass.
        table: Its values by name.
        path: The file that the recipe comes from, for messages.
        name: The table's key, for messages.

    Raises:
        InputError: The table is missing, lacks a key or holds an unknown one, or a value has another type or is no
            usable number.
    """
    if not isinstance(table, Mapping):
        raise InputError(f"{path}: its recipe has no table {name}; it was not written by this package")
    declared = typing.get_type_hints(kind)
    needed = [one.name for one in fields(typing.cast(Any, kind)) if one.default is MISSING]
    for key in [*needed, *table]:
        if key not in table or key not in declared:
            raise InputError(
                f"{path}: its recipe {'has' if key in table else 'lacks'} {name}.{key}; is it of this version?"
            )
        check_range(key, table[key], path, name)
        if not _is_of(table[key], declared[key]):
            raise InputError(f"{path}: its recipe has {name}.{key}={table[key]!r}, which cannot be used")
    return kind(**table)


def check_range(key: str, value: Any, path: Path, name: str) -> None:
    """Raise ``InputError`` for a setting outside of its range, such as a window that no memory could hold."""
    low, high = RANGES.get(key, (-math.inf, math.inf))
    outside = isinstance(value, int | float) and math.isfinite(value) and not low <= value <= high
    if outside or (key == "window" and isinstance(value, str) and value not in WINDOWS):
        words = f", or {' or '.join(WINDOWS)}" if key == "window" else ""
        raise InputError(f"{path}: its {name}.{key} is {value}; {low:g} to {high:g}{words} can be used")


def number(value: Any, path: Path, name: str) -> float:
    """A finite number; ``InputError`` naming the file for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{path}: its {name} is {value!r}, not a number")
    return float(value)


def checked_mpp(value: Any, path: Path) -> float:
    """The µm per pixel of a network's fields; ``InputError`` naming the file for an impossible one."""
    mpp = number(value, path, "mpp")
    if not plausible(mpp):
        raise InputError(f"{path}: its mpp is {mpp}; µm per pixel lie between {MPP[0]:g} and {MPP[1]:g}")
    return mpp


def checked_chosen(value: Any, path: Path) -> dict[str, Any]:
    """The values chosen on val: ``threshold`` in [0, 1] and ``window``; ``InputError`` naming the file for others."""
    if not isinstance(value, dict):
        raise InputError(f"{path}: its chosen values are no table")
    if "threshold" in value and not 0 <= number(value["threshold"], path, "chosen.threshold") <= 1:
        raise InputError(f"{path}: its chosen.threshold is {value['threshold']}; a threshold lies between 0 and 1")
    check_range("window", value.get("window"), path, "chosen")
    return value


def checked_fields(value: Any, path: Path) -> dict[str, list[str]] | None:
    """The names of a network's fields by part; ``InputError`` naming the file for anything else."""
    if value is None:
        return None
    names = [value.get(part) if isinstance(value, dict) else None for part in ("train", "val")]
    if not all(isinstance(part, list) and all(isinstance(name, str) for name in part) for part in names):
        raise InputError(f"{path}: its fields are no lists of names in train and val")
    return value


def _is_of(value: Any, declared: Any) -> bool:
    """Whether a value is of a declared type: a number is finite, and a bool is none."""
    origin = typing.get_origin(declared)
    if origin in (typing.Union, types.UnionType):
        return any(_is_of(value, one) for one in typing.get_args(declared))
    if origin is Literal:
        return value in typing.get_args(declared)
    if isinstance(value, bool):
        return declared is bool
    if declared is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, declared)
