"""Figures 5, 9 and 10, from runs written by hand on drawn fields."""

from pathlib import Path

import figure5
import figure9
import figure10
import numpy as np
import pytest
from picture import CELL, STRIP
from refused import refused
from reporting.drawn_runs import write_runs

from mitosis.data.drawing.field import draw_field
from mitosis.data.view.candidate_table import CandidateRow, write_candidates
from mitosis.image.file import read_image
from mitosis.output.overlay import TRUTH
from mitosis.reporting.evaluated import find_evaluated

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
    middle = CELL // 2
    assert picture[middle, CELL + 4 + middle].tolist() == [255, 255, 255]
    assert picture[middle, 3 * (CELL + 4) + middle].tolist() == [0, 0, 0]
    assert "2 candidates, each beside its label; 1 are mitoses" in capsys.readouterr().out


def test_half_of_the_candidates_are_mitoses() -> None:
    rows = [candidate(n, 0, n / 10, int(n < 3)) for n in range(6)]
    assert [row.x for row in figure5.chosen(rows, 4)] == [2, 1, 5, 4]
    assert [row.x for row in figure5.chosen(rows, 6)] == [2, 1, 0, 5, 4, 3]
    assert [row.x for row in figure5.chosen(rows[:4], 4)] == [2, 1, 0, 3]


def test_rejected_false_candidates_by_hand(runs: Path, capsys: pytest.CaptureFixture) -> None:
    """The two false places of each field score 0.3 and 0.1, before stage two 0.5 and 0.3; one scores 0.9."""
    (run,) = runs.glob("synthetic/resnet18/*/*/*/fold-0")
    figure10.main([f"run={run}", "candidates=3"])
    assert "3 of 5 false candidates that stage two rejects" in capsys.readouterr().out
    shown = figure10.rejections(find_evaluated(run)[0])
    assert [(one.field, one.x, one.y, one.first, one.final) for one in shown] == [
        ("case00_0", 20, 230, 0.5, 0.3),
        ("case10_0", 20, 230, 0.5, 0.3),
        ("case00_0", 230, 20, 0.3, 0.1),
        ("case05_0", 230, 20, 0.3, 0.1),
        ("case10_0", 230, 20, 0.3, 0.1),
    ]
    picture = read_image(run / "figure10.png")
    assert picture.shape == (CELL + STRIP, 3 * CELL + 2 * 4, 3)
    first = picture[STRIP:, :CELL]
    assert (first[:, :20] == 0).all(), "what lies left of the field is black"
    assert (first[:100, 30:] > 0).any(axis=-1).all()


def test_without_the_candidates_or_stage_two_a_line_says_what_to_type(tmp_path: Path) -> None:
    root = write_runs(tmp_path)
    (run,) = root.glob("synthetic/resnet18/*/*/*/fold-0")
    threshold = '"classifier": {"threshold": 0.5}'
    (run / "evaluation.json").write_text(
        (run / "evaluation.json").read_text().replace(threshold, threshold[:-4] + "0.0}")
    )
    assert "stage two rejected no false candidate" in refused(lambda: figure10.main([f"run={run}"]))
    (run / "found.json").unlink()
    said = refused(lambda: figure10.main([f"run={run}"]))
    assert said.endswith(f"remove {run / 'evaluation.json'} and evaluate the run again")
    (alone,) = root.glob("synthetic/scmitosis_seg/*/*/fold-0")
    for name in ("evaluation.json", "scores.csv"):
        (alone / name).write_text((run / name).read_text().replace("both stages", "neither"))
    assert "stage one alone was evaluated" in refused(lambda: figure10.main([f"run={alone}"]))


def test_refusals(tmp_path: Path, runs: Path) -> None:
    for figure in (figure5, figure9, figure10):
        for typed in ([], ["run="]):
            said = refused(lambda figure=figure, typed=typed: figure.main(typed))
            assert said.startswith(f"type run=RUN, or make {figure.__name__} RUN=DIR, with the folder of ")
        assert refused(lambda figure=figure: figure.main(["run=x", "colour=red"])).startswith("colour: type run=RUN")
    assert "fields=0: give a whole number" in refused(lambda: figure9.main(["run=x", "fields=0"]))
    assert "candidates=x: give a whole number" in refused(lambda: figure5.main(["run=x", "candidates=x"]))
    assert "python -m mitosis.propose makes it" in refused(lambda: figure5.main([f"run={tmp_path}"]))
    (run,) = runs.glob("synthetic/scmitosis_seg/*/*/fold-1")
    write_candidates(run / "candidates.csv", [])
    assert "it proposed no candidate" in refused(lambda: figure5.main([f"run={run}"]))
