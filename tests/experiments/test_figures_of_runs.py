"""Figures 5 and 9, from runs written by hand on drawn fields."""

from pathlib import Path

import figure5
import figure9
import numpy as np
import pytest
from refused import refused
from reporting.drawn_runs import write_runs

from mitosis.data.drawing.field import draw_field
from mitosis.data.view.candidate_table import CandidateRow, write_candidates
from mitosis.image.file import read_image
from mitosis.output.overlay import TRUTH

GREEN = (0, 160, 60)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_runs(tmp_path_factory.mktemp("runs"))


def candidate(x: float, y: float, mean: float, label: int) -> CandidateRow:
    return CandidateRow("case02_0", x, y, 30.0, mean, mean, label, "hash", "unseen")


def test_labels_are_yellow_and_detections_green(runs: Path, capsys: pytest.CaptureFixture) -> None:
    (run,) = runs.glob("synthetic/resnet18/*/*/*/fold-0")
    figure9.main([f"run={run}", "fields=2"])
    picture = read_image(run / "figure9.png")
    assert (picture == TRUTH).all(axis=-1).any()
    assert (picture == GREEN).all(axis=-1).any()
    assert picture.shape[1] == 2 * figure9.fitted(np.zeros((256, 256, 3), np.uint8)).shape[1] + 4
    assert "2 of 3 test fields, labels in yellow" in capsys.readouterr().out


def test_candidates_stand_beside_their_labels(runs: Path, capsys: pytest.CaptureFixture) -> None:
    (run,) = runs.glob("synthetic/scmitosis_seg/*/*/fold-0")
    x, y = draw_field(seed=0, case=2, index=0, size=256).figures[0].centroid
    far = (250.0, 250.0) if x < 128 else (6.0, 6.0)
    write_candidates(run / "candidates.csv", [candidate(*far, 0.9, 0), candidate(x, y, 0.6, 1)])
    figure5.main([f"run={run}"])
    picture = read_image(run / "figure5.png")
    middle = figure5.PIXELS // 2
    assert picture[middle, figure5.PIXELS + 4 + middle].tolist() == [255, 255, 255]
    assert picture[middle, 3 * (figure5.PIXELS + 4) + middle].tolist() == [0, 0, 0]
    assert "2 candidates, each beside its label; 1 are mitoses" in capsys.readouterr().out


def test_half_of_the_candidates_are_mitoses() -> None:
    rows = [candidate(n, 0, n / 10, int(n < 3)) for n in range(6)]
    assert [row.x for row in figure5.chosen(rows, 4)] == [2, 1, 5, 4]
    assert [row.x for row in figure5.chosen(rows, 6)] == [2, 1, 0, 5, 4, 3]
    assert [row.x for row in figure5.chosen(rows[:4], 4)] == [2, 1, 0, 3]


def test_refusals(tmp_path: Path, runs: Path) -> None:
    for figure in (figure5, figure9):
        assert "type run=RUN" in refused(lambda figure=figure: figure.main([]))
        assert refused(lambda figure=figure: figure.main(["run=x", "colour=red"])).startswith("colour: type run=RUN")
    assert "fields=0: give a whole number" in refused(lambda: figure9.main(["run=x", "fields=0"]))
    assert "candidates=x: give a whole number" in refused(lambda: figure5.main(["run=x", "candidates=x"]))
    assert "python -m mitosis.propose makes it" in refused(lambda: figure5.main([f"run={tmp_path}"]))
    (run,) = runs.glob("synthetic/scmitosis_seg/*/*/fold-1")
    write_candidates(run / "candidates.csv", [])
    assert "it proposed no candidate" in refused(lambda: figure5.main([f"run={run}"]))
