"""The README's own commands: each one composes, and each one runs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mitosis.cli.compose import compose
from mitosis.cli.overrides import arrange
from mitosis.data.drawing.field import draw_field
from mitosis.data.fold.lists import read_folds

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.startswith("python -m ")
]
TINY = ["budget.widths=[4,4,8,8]", "max_steps=1", "data.samples_per_epoch=4", "data.batch_size=4"]


def _split(command: str) -> tuple[str, list[str]]:
    _, _, module, *arguments = shlex.split(command)
    return module.removeprefix("mitosis."), arguments


def test_the_readme_has_its_commands():
    assert len(COMMANDS) >= 10
    assert {"train", "pipeline", "propose", "evaluate", "predict", "convert", "prepare"} == {
        _split(command)[0] for command in COMMANDS
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_composes(command: str):
    name, arguments = _split(command)
    overrides = [text for text in arrange(arguments) if text not in ("--multirun", "-m")]
    swept = [re.sub(r"^((?!candidates|segmenter|classifier)[a-z_.]+)=([^,\[']+),.*$", r"\1=\2", o) for o in overrides]
    config, _ = compose(name, swept)
    assert config["runs"] == "runs"


@pytest.mark.parametrize("target", re.findall(r"^make ([a-z0-9-]+)", "\n".join(BLOCKS), re.MULTILINE))
def test_make_knows(target: str):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_all_run(tmp_path: Path):
    _write_contest(tmp_path / "contest")
    (tmp_path / "fields").mkdir()
    Image.fromarray(draw_field(seed=1, case=0, index=0, size=256).image).save(tmp_path / "fields" / "a (1), b.png")
    _write_own(tmp_path / "own")
    for command in COMMANDS:
        name, arguments = _split(command)
        known = {"DIR": "contest", "FOLDER": "fields", "OUT": "out", "MINE": "own", "CACHE": "cache"}
        known |= {"RUN": _run(tmp_path, "scmitosis_seg"), "RUN2": _run(tmp_path, "resnet34")}
        for word, value in known.items():
            arguments = [re.sub(rf"={word}(?=$|/)", f"={value}", text) for text in arguments]
        if name in ("train", "pipeline"):
            arguments += TINY
        run = [sys.executable, "-m", f"mitosis.{name}", *arguments]
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert (tmp_path / "out" / "detections.csv").read_text().startswith("image,x,y,score,class,area_um2,mpp\n")


def _run(root: Path, model: str) -> str:
    """The first run of the model on the contest's fields that no half and no pipeline made, or nothing yet."""
    found = sorted(path.parent for path in (root / "runs" / "icpr2012" / model).glob("**/recipe.yaml"))
    single = [path for path in found if "half-" not in str(path) and "crossfit-2" not in str(path)]
    return str(single[0]) if single else "none"


def _write_contest(root: Path) -> None:
    """The contest's folders with drawn fields of 128 pixels."""
    lists = read_folds("icpr2012-slide:A")["official"]
    for number, name in enumerate([*lists["train"], *lists["val"]]):
        folder = root / f"{name[:3]}_v2"
        folder.mkdir(parents=True, exist_ok=True)
        drawn = draw_field(seed=0, case=int(name[1:3]), index=number, size=128)
        Image.fromarray(drawn.image).save(folder / f"{name}.bmp")
        rows = [",".join(map(str, np.asarray(figure.pixels).ravel())) for figure in drawn.figures]
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")


def _write_own(root: Path) -> None:
    """Six patients of a user's own, a drawn field each in the patient's folder, and all mitoses in ``cells.csv``."""
    rows = ["image,x,y"]
    for case in range(6):
        drawn = draw_field(seed=2, case=case, index=0, size=128)
        (root / f"p{case}").mkdir(parents=True)
        Image.fromarray(drawn.image).save(root / f"p{case}" / f"field{case}.png")
        rows += [f"field{case}.png,{x:g},{y:g}" for x, y in (figure.centroid for figure in drawn.figures)]
    (root / "cells.csv").write_text("\n".join(rows) + "\n")
