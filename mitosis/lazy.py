"""A package that offers the public classes and functions of its modules, each imported when it is first asked for."""

import ast
import functools
import importlib
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Getattr = Callable[[str], Any]
Dir = Callable[[], list[str]]


def lazy_names(package: str) -> tuple[Getattr, Dir]:
    """``__getattr__`` and ``__dir__`` (PEP 562) of a package.

    What a module defines at its top level without a leading underscore belongs to the package: a new file needs no
    entry in any list. The modules are only read for that, not imported. A name of a submodule stays the submodule's,
    and one that two modules define is neither's: asking for it raises ``AttributeError``.
    """

    def get(name: str) -> Any:
        homes = () if name.startswith("_") else defined_names(_folder(package)).get(name, ())
        if len(homes) > 1:
            raise AttributeError(f"{package}.{name} is ambiguous: {' and '.join(homes)} define it", name=name)
        if not homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        value = getattr(importlib.import_module(f"{package}.{homes[0]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        own = {name for name, homes in defined_names(_folder(package)).items() if len(homes) == 1}
        return sorted(own | vars(sys.modules[package]).keys())

    return get, names


@functools.cache
def defined_names(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Each public class and function that the modules in ``folder`` define at their top level, to their stems."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("[!_]*.py")):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                homes[node.name].append(path.stem)
    submodules = {path.stem for path in folder.iterdir()}  # importing one would put it in the place of its namesake
    return {name: tuple(stems) for name, stems in homes.items() if name not in submodules}


def _folder(package: str) -> Path:
    return Path(str(sys.modules[package].__file__)).parent
