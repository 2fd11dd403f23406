"""The steps of docs/extend.md to a dataset, a model and a loss, followed in a folder outside of this package."""

import csv
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from mitosis.data.drawing.field import draw_field
from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.run.assembly import rebuild_data
from mitosis.run.trained import load

PAGE = (Path(__file__).resolve().parents[2] / "docs/extend.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```(?:python|yaml)\n# (mine/\S+)\n(.*?)```", PAGE, re.DOTALL))
(COMMAND,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SMALL = ["budget=smoke", "data.samples_per_epoch=8", "max_steps=4", "view.train.size=64", "view.train.jitter=16"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where someone followed the page: its files, and six cases of drawn fields."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "MINE").mkdir()
    with (tmp_path / "MINE" / "mitoses.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "x", "y"])
        for case in range(6):
            drawn = draw_field(seed=0, case=case, index=0, size=128)
            Image.fromarray(drawn.image).save(tmp_path / "MINE" / f"p{case}_0.png")
            rows.writerows([f"p{case}_0.png", *figure.centroid] for figure in drawn.figures)
    return tmp_path


@pytest.fixture
def modules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of that folder are found, as by ``python -m`` in it, and forgotten afterwards."""
    monkeypatch.syspath_prepend(folder)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "mine"]:
        del sys.modules[name]


def split(command: str) -> tuple[dict[str, str], list[str]]:
    """The variables of a command line, and the words behind them."""
    words = shlex.split(command)
    own = dict(word.split("=") for word in words if word.startswith("MITOSIS_"))
    return own, [word for word in words if not word.startswith("MITOSIS_")]


@pytest.mark.usefixtures("modules")
def test_they_train_and_the_run_is_self_contained(
    folder: Path, cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(FILES) == 6
    own, words = split(COMMAND)
    assert (own, words[:3]) == ({"MITOSIS_TRUST": "mine"}, ["python", "-m", "mitosis.train"])
    monkeypatch.setenv("MITOSIS_TRUST", "mine")
    ended = cli("train", *words[3:], *SMALL)
    assert ended.code == 0, ended.err
    (made,) = folder.rglob("metrics.json")
    assert made.relative_to(folder / "runs").parts[:2] == ("points", "tiny")
    assert "loss-jaccard" in str(made)
    assert read_json(made)["fields"] == {"train": 2, "val": 1, "test": 2}  # six cases in five folds: 3, 1 and 2

    assert load(made.parent).model(torch.zeros(1, 3, 40, 50)).shape == (1, 1, 40, 50)

    for case in range(3):  # folds are dealt by case: with more of them this one is another
        drawn = draw_field(seed=0, case=case, index=1, size=128)
        Image.fromarray(drawn.image).save(folder / "MINE" / f"a{case}_0.png")
    with pytest.raises(InputError, match="the fold is not that of its training, .* then; put data and fold lists back"):
        rebuild_data(load(made.parent), {"root": str(folder / "MINE")})


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_pipeline_accepts_them(folder: Path) -> None:
    own, words = split(COMMAND.replace("mitosis.train", "mitosis.pipeline").replace("model=tiny", ""))
    command = [sys.executable if word == "python" else word for word in words if not word.startswith("loss=")]
    command += [*SMALL[:3], "segmenter.model=tiny", "classifier.model=resnet18", "crossfit=none"]
    command += ["segmenter.set=[view.train.size=64,view.train.jitter=16,loss=jaccard]"]
    command += ["classifier.set=[model.name=test_resnet,crop.pixels=32]"]
    ended = subprocess.run(command, cwd=folder, env=os.environ | own, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len([*folder.rglob("evaluation.json")]) == 1
