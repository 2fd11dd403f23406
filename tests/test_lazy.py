"""Packages that export what their modules define."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mitosis.lazy import defined_names
from mitosis.run.kinds import shipped_targets

ROOT = Path(__file__).resolve().parents[1] / "mitosis"
ROOMS = sorted({target.rpartition(".")[0] for target in shipped_targets() if target.startswith("mitosis.")})


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package ``drawers`` that exports its modules' names."""
    folder = tmp_path / "drawers"
    folder.mkdir()
    text = "from mitosis.lazy import lazy_names\n__getattr__, __dir__ = lazy_names(__name__)\n"
    (folder / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "drawers"]:
        del sys.modules[name]


def test_a_new_file_is_exported_without_being_listed(package: Path) -> None:
    (package / "sock.py").write_text("class Sock: pass\ndef darn(): pass\n")
    drawers = importlib.import_module("drawers")
    assert {"Sock", "darn"} <= set(dir(drawers))
    assert "drawers.sock" not in sys.modules
    assert drawers.Sock.__module__ == "drawers.sock"
    assert drawers.Sock is vars(drawers)["Sock"]


@pytest.mark.parametrize("name", ["Nothing", "_hidden", "os", "Inner", "CONSTANT", "__wrapped__"])
def test_only_a_modules_own_public_names_are_exported(package: Path, name: str) -> None:
    text = "import os\nCONSTANT = 1\ndef _hidden(): pass\nclass Outer:\n    class Inner: pass\n"
    (package / "sock.py").write_text(text)
    drawers = importlib.import_module("drawers")
    with pytest.raises(AttributeError, match=f"module 'drawers' has no attribute '{name}'"):
        getattr(drawers, name)
    assert name not in dir(drawers)


def test_a_name_that_two_modules_define_is_refused(package: Path) -> None:
    for name in ("left", "right"):
        (package / f"{name}.py").write_text("class Sock: pass\n")
    drawers = importlib.import_module("drawers")
    with pytest.raises(AttributeError, match="drawers.Sock is ambiguous: left and right define it"):
        _ = drawers.Sock
    assert "Sock" not in dir(drawers)


def test_a_submodules_name_refers_to_the_submodule(package: Path) -> None:
    (package / "sock.py").write_text("def sock(): pass\n")
    drawers = importlib.import_module("drawers")
    with pytest.raises(AttributeError):
        _ = drawers.sock
    assert importlib.import_module("drawers.sock") is drawers.sock


def test_an_error_of_the_module_itself_is_not_hidden(package: Path) -> None:
    (package / "sock.py").write_text("import no_such_module\nclass Sock: pass\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        _ = importlib.import_module("drawers").Sock


@pytest.mark.parametrize("room", ROOMS)
def test_no_class_of_a_room_occurs_twice(room: str) -> None:
    names = defined_names(ROOT.parent / room.replace(".", "/"))
    assert names
    assert {name: homes for name, homes in names.items() if len(homes) > 1 and name[0].isupper()} == {}


@pytest.mark.parametrize("target", sorted(shipped_targets()))
def test_a_shipped_target_is_a_name_of_its_package(target: str) -> None:
    package, _, name = target.rpartition(".")
    assert callable(getattr(importlib.import_module(package), name))


def test_the_stains_do_not_need_torch() -> None:
    code = "import sys, mitosis.stain; mitosis.stain.Macenko; dir(mitosis.stain); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
