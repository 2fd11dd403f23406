"""What the file tree promises: files stay small, names say something. The linters check where imports go."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted([*(ROOT / "mitosis").rglob("*.py"), *(ROOT / "hydra_plugins").rglob("*.py")])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_are_small_and_begin_with_a_sentence(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    assert re.match(r'"""[^"]+', text), "no docstring"
    assert not {"utils", "helpers", "common", "misc"} & set(path.relative_to(ROOT).with_suffix("").parts)


def test_the_stage_base_fits_on_a_page():
    assert len((ROOT / "mitosis/stage/base.py").read_text(encoding="utf-8").splitlines()) <= 105
