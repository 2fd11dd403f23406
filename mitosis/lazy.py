"""Packages that export the public classes and functions of their modules, imported on first use."""

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

    The package exports every class and function that its modules define at the top level without a leading underscore,
    so a new file need not be listed anywhere. The modules are parsed, not imported. A name that is also a submodule
    refers to the submodule; a name defined in two modules raises ``AttributeError``.
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
    """The public top-level classes and functions of the modules in ``folder``: name → stems of the modules."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("[!_]*.py")):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                homes[node.name].append(path.stem)
    submodules = {path.stem for path in folder.iterdir()}  # importing one would shadow its namesake
    return {name: tuple(stems) for name, stems in homes.items() if name not in submodules}


def _folder(package: str) -> Path:
    return Path(str(sys.modules[package].__file__)).parent
