"""The fast recipe from raw fields to weights: its settings, its failures, and all of it on a miniature."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import speedrun
import unseen
from miniature import icpr2012_atypia14
from refused import refused

from mitosis.cascade.bundle import read_bundle
from mitosis.run.member import patients_in

SCRIPT = Path(speedrun.__file__)


def test_settings_go_to_the_model_that_they_name() -> None:
    given = {"seed": "1", "lite_fpn.max_steps": "9", "efficientnet_lite0.seed": "2"}
    assert speedrun.settings_of(given, "lite_fpn") == ["seed=1", "max_steps=9"]
    assert speedrun.settings_of(given, "efficientnet_lite0") == ["seed=2"]


def test_one_dataset_or_both() -> None:
    assert speedrun.data_of({"icpr2012": "/a b"}) == (["data=icpr2012"], ["data.root='/a b'"])
    data, places = speedrun.data_of({"mitos_atypia14": "/h", "icpr2012": "/a"})
    assert data == ["data=icpr2012_atypia14"]
    assert places == ["data.sets.icpr2012.root='/a'", "data.sets.mitos_atypia14.root='/h'"]
    assert "icpr2012=DIR" in refused(lambda: speedrun.data_of({"mitos_atypia14": "/h"}))


def test_the_last_line_of_a_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("one\nreading  10%\rreading 20%\n\n")
    assert speedrun.last_line(tmp_path / "log") == "reading 20%"


def test_a_failure_ends_the_other_and_is_named(tmp_path: Path) -> None:
    broken, endless = ("predict", ["nonsense"]), ("predict", ["--help"])
    said = refused(lambda: speedrun.side_by_side("stage", [broken, endless], tmp_path))
    assert said.startswith("stage: ")
    assert "nonsense" in said
    assert "stage-0.log" in said


def test_more_commands_than_run_at_a_time(tmp_path: Path) -> None:
    speedrun.side_by_side("help", [("predict", ["--help"])] * 3, tmp_path)
    assert ["input" in (tmp_path / f"help-{number}.log").read_text() for number in range(3)] == [True] * 3


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_from_raw_fields_to_weights(tmp_path: Path) -> None:
    icpr2012_atypia14.build(tmp_path / "data")
    roots = [f"{name}={tmp_path / 'data' / name}" for name in ("icpr2012", "mitos_atypia14")]
    tiny = ["max_steps=4", "data.samples_per_epoch=8", "data.batch_size=4", "val_every=9", "pretrained=false"]
    own = ["lite_fpn.candidate.threshold=0.0001", "lite_fpn.mining.at=[0.5]"]
    command = [sys.executable, str(SCRIPT), *roots, f"output={tmp_path / 'out'}", "fold=0", *tiny, *own]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    weights = tmp_path / "out" / "weights-0"
    cascade = read_bundle(weights)
    assert [len(cascade.segmenters), len(cascade.classifiers)] == [1, 2], "the networks of all patients"
    assert cascade.segmenter.recipe.get("half") is None
    assert not any("00" in patient for patient in patients_in(weights))
    with (weights / "scores.csv").open() as file:
        assert {row["case"] for row in csv.DictReader(file)} == {"mitos-00"}
    with (weights / "out_of_fold.csv").open() as file:
        assert {row["case"] for row in csv.DictReader(file)} == {"mitos-01", "mitos-02", "mitos-03", "mitos-04"}
    unseen.main([weights])
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "is up to date; nothing to do" in again.stdout
