"""``import mitosis``: the names it exports, and its cost."""

import ast
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import mitosis
from mitosis.version import installed_version

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["Cascade", "Detections", "MaskLoss", "MitosisDataModule", "MitoticFigure", "Record", "Stage"]
NAMES = [*CLASSES, "__version__", "load_cascade"]


def test_it_exports_these_names() -> None:
    assert mitosis.__all__ == NAMES
    assert set(NAMES) <= set(dir(mitosis))
    with pytest.raises(AttributeError, match="module 'mitosis' has no attribute 'Nothing'"):
        _ = mitosis.Nothing  # pyright: ignore


@pytest.mark.parametrize("name", [*CLASSES, "load_cascade"])
def test_a_name_is_the_class_or_function_itself(name: str) -> None:
    offered = getattr(mitosis, name)
    assert offered.__name__ == name
    assert offered is getattr(sys.modules[offered.__module__], name)


def test_type_checkers_see_the_same_names() -> None:
    (block,) = [node for node in ast.parse((ROOT / "mitosis/__init__.py").read_text()).body if isinstance(node, ast.If)]
    imported = [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted([*imported, "__version__"]) == sorted(NAMES)
    assert (ROOT / "mitosis" / "py.typed").is_file()


def test_it_imports_no_library_before_a_name_is_used() -> None:
    code = "import sys, mitosis; mitosis.__version__; dir(mitosis); print(*{m.split('.')[0] for m in sys.modules})"
    shown = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "hydra", "lightning"} & set(shown.stdout.split())


def test_its_version_is_the_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(mitosis), "__version__", raising=False)
    monkeypatch.setattr("importlib.metadata.version", {"mitosis-cascade": "1.2.3"}.__getitem__)
    assert mitosis.__version__ == "1.2.3"
    monkeypatch.delitem(vars(mitosis), "__version__")


def test_a_checkout_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", absent)
    assert installed_version() == "0+unknown"
