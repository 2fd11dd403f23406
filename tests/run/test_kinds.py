"""No callable of this package that writes, downloads or opens can be named by a description."""

import importlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import shipped

import mitosis
from mitosis.data.cache.store import FieldStore
from mitosis.errors import InputError
from mitosis.run.build import build, build_unread
from mitosis.run.kinds import KINDS, resolved, shipped_targets
from mitosis.stain.none import NoStain

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
REACHES = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
_heard: list[list[str]] = []


def _hook(event: str, given: tuple[Any, ...]) -> None:
    if not _heard:
        return
    if event in CHANGES or event in REACHES or (event == "open" and isinstance(given[2], int) and given[2] & WRITES):
        _heard[-1].append(f"{event} {given}")
    elif event == "open":
        _heard[-1].append(f"reads {given[0]}")


sys.addaudithook(_hook)


@contextmanager
def heard() -> Iterator[list[str]]:
    """What is written, opened, connected to or started meanwhile."""
    _heard.append([])
    try:
        yield _heard[-1]
    finally:
        _heard.pop()


def modules() -> list[ModuleType]:
    """Every module of this package."""
    names = [module.name for module in pkgutil.walk_packages(mitosis.__path__, "mitosis.")]
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def names() -> Iterator[str]:
    """Every dotted name that leads to a callable: of a module, of what it imports, and of the classes in it."""
    for module in modules():
        for name in sorted({*vars(module), *dir(module)}):
            value = getattr(module, name, None)
            if isinstance(value, ModuleType) and not value.__name__.startswith("mitosis"):
                yield from (f"{module.__name__}.{name}.{inner}" for inner in ("system", "open", "writer", "load"))
            elif callable(value):
                yield f"{module.__name__}.{name}"
                if inspect.isclass(value) and value.__module__ == module.__name__:
                    yield from (f"{module.__name__}.{name}.{inner}" for inner in vars(value))


def test_of_all_callables_only_the_shipped_ones_can_be_named() -> None:
    every = set(names())
    assert {"mitosis.files.write_text", "mitosis.data.cache.cache.Cache", "mitosis.model.check_pretrained"} <= every
    for kind in KINDS:
        accepted: dict[str, Callable[..., Any]] = {}
        for name in every:
            with suppress(InputError):
                accepted[name] = resolved(name, kind)
        own = {target for target in shipped_targets(kind) if target.startswith("mitosis.")}
        assert {f"{made.__module__}.{made.__name__}" for made in accepted.values()} <= accepted.keys()
        assert {f"{name.rpartition('.')[2]}" for name in accepted} == {name.rpartition(".")[2] for name in own}
        assert len(accepted) == 2 * len(own)  # by its package and by its module


def _calls(kind: str, trap: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Descriptions of everything that a stranger's recipe may build, with a trap as one of the arguments."""
    seen = set()
    for node in shipped.described(kind).values():
        if node["_target_"] in seen:
            continue
        seen.add(node["_target_"])
        node = {key: "resnet18" if (kind, key) == ("model", "name") else value for key, value in node.items()}
        node = {key: value for key, value in node.items() if not (isinstance(value, str) and "${" in value)}
        keys = {*node, *inspect.signature(resolved(node["_target_"], kind)).parameters} - {"_target_", "kwargs"}
        yield from ((key, node | {key: trap}) for key in sorted(keys))


@pytest.mark.parametrize("kind", ["model", "loss", "augment", "stain", "matching", "data"])
def test_none_that_can_be_named_writes_or_downloads_whatever_its_arguments(kind: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    given: dict[str, Any] = {}
    if kind == "data":
        given = {"store": FieldStore(NoStain()), "fold": 0, "samples_per_epoch": 1, "batch_size": 1}
    made = build_unread if kind == "model" else build
    for path in (trap, Path(__file__)):
        for key, node in _calls(kind, str(path)):
            with heard() as done, suppress(InputError, TypeError, ValueError, KeyError):
                made(node, kind, **({name: value for name, value in given.items() if name not in node}))
            wrong = [line for line in done if not line.startswith("reads") or (kind != "data" and str(path) in line)]
            assert not wrong, (node["_target_"], key)
    assert not list(tmp_path.iterdir())


def test_the_walk_hears_what_it_is_to_hear(tmp_path: Path) -> None:
    with heard() as done:
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "file").write_text("x")
        (tmp_path / "made" / "file").read_text()
    assert [line.split()[0] for line in done] == ["os.mkdir", "open", "reads"]
