"""Joined datasets in a run: trained, moved on disk, and proposed on without naming what has not moved."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from miniature import icpr2012_atypia14
from tiny import TINY, only_run

from mitosis.data.view.candidate_table import read_candidates
from mitosis.files import read_json

SHORT = [*TINY, "data=icpr2012_atypia14", "data.samples_per_epoch=8", "max_steps=2", "trainer=cpu", "budget.fields=6"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.* outside their ")
def test_they_train_and_a_later_step_finds_what_has_moved(cli: Callable[..., Any], tmp_path: Path) -> None:
    icpr2012_atypia14.build(tmp_path / "data")
    frames = tmp_path / "data/mitos_atypia14"
    table = tmp_path / "patients.csv"
    table.write_text("dataset,case,patient\nmitos_atypia14,05,mitos-00\n")
    places = ["data.sets.icpr2012.root=data/icpr2012", "data.sets.mitos_atypia14.root=data/mitos_atypia14"]
    ended = cli("train", *SHORT, *places, "fold=3", f"data.patients={table}")
    assert ended.code == 0, ended.err
    run = only_run(tmp_path / "runs")
    metrics = read_json(run / "metrics.json")
    assert metrics["steps"] == 2
    assert metrics["fields"] == {"train": 6, "val": 6, "test": 6}

    table.unlink()  # the run has a copy
    shutil.move(frames, tmp_path / "moved (1)")
    ended = cli("propose", f"segmenter={run}")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert f"data.sets.mitos_atypia14.root={frames}: no such folder" in ended.err
    ended = cli("propose", f"segmenter={run}", "data.sets.mitos_atypia14.root=moved (1)")
    assert ended.code == 0, ended.err
    assert not any(row.field.startswith("H03") for row in read_candidates(run / "candidates.csv"))
    ended = cli("evaluate", f"segmenter={run}", "data.sets.mitos_atypia14.root=moved (1)")
    assert ended.code == 0, ended.err
    assert "the folds are those of icpr2012; only train has mitos_atypia14" in ended.out
