"""Fixtures shared by the tests."""

import contextlib
import gc
import importlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hydra.core.global_hydra import GlobalHydra
from hypothesis import settings
from miniature import slides

from mitosis.cli.entry import entry

# No deadlines, because a busy machine is not an error. Examples are fixed; --hypothesis-profile=random draws new ones.
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None, derandomize=False, print_blob=True)
settings.load_profile("fixed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that train: what comes last is then short, and the processes end together."""
    root = Path(__file__).parent
    long = ("training", "test_train.py", "test_pipeline.py", "logger", "test_export.py", "test_prepare.py", "stain")
    items.sort(key=lambda item: item.path.relative_to(root).parts[0] not in long)


def pytest_collection_finish() -> None:
    """Never look again through the million objects of the imported libraries for garbage."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let the libraries be taken apart as usual at the end."""
    gc.unfreeze()


class Ended(NamedTuple):
    """The result of a command: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """``cli("train", "model=…", …)`` runs a command through ``entry`` in this process, from the folder ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", os.environ.get("HYDRA_FULL_ERROR", "0"))  # entry sets it; put back after

    def run(command: str, *args: str) -> Ended:
        GlobalHydra.instance().clear()
        monkeypatch.setattr(sys, "argv", [f"mitosis/{command}.py", *args])
        out, err, code = io.StringIO(), io.StringIO(), 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                entry(command, getattr(importlib.import_module(f"mitosis.{command}"), command))
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
            finally:
                GlobalHydra.instance().clear()
        return Ended(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def write_slide() -> Callable[..., Path]:
    """``write_slide(path, image, mpp=0.25, levels=(1, 4))``: a slide in Aperio's form, ``levels`` its downsamplings."""
    return slides.write_slide
