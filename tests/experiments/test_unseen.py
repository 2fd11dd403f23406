"""The table of unseen patients, from scores worked out by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import unseen

HEADER = "field,case,candidate,stage_one,stage_two,score,truth\n"
SCORES = {
    "a": "F1,p,0,0.9,0.9,0.8,0\nF1,p,1,0.8,0.2,0.1,\nF1,p,2,0.3,0.9,0.7,1\nF1,p,,,,,2\nF2,p,,,,,\n",
    "b": "G1,q,0,0.6,0.5,0.6,0+1\nG1,q,1,0.5,0.5,0.5,0\nG1,q,2,0.9,0.1,0.2,\n",
}
"""Fold a: a field with three mitoses, two of them proposed, and one without anything. Fold b: two mitoses so near that
one candidate reaches both."""


@pytest.fixture
def folds(tmp_path: Path) -> list[Path]:
    for name, rows in SCORES.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "scores.csv").write_text(HEADER + rows)
        points = {
            "balanced": {"threshold": 0.4},
            "high_recall": {"threshold": 0.05},
            "high_precision": {"threshold": 0.65},
        }
        decision = {"points": points, "alone": {"threshold": 0.7}, "rule": "5 µm"}
        (tmp_path / name / "cascade.json").write_text(json.dumps({"decision": decision}))
    return [tmp_path / name for name in SCORES]


def test_counts_by_hand(folds: list[Path]) -> None:
    """At 0.4: both proposed mitoses of F1, and both of G1, whose second candidate leaves the first the other one."""
    read = [unseen.read(folder) for folder in folds]
    assert unseen.pooled(read, "both stages", "balanced").tolist() == [[2, 2, 3], [0, 0, 0], [2, 2, 2]]
    assert unseen.pooled(read, "both stages", "high_precision").tolist() == [[2, 2, 3], [0, 0, 0], [0, 0, 2]]
    assert unseen.pooled(read, "stage one alone", "balanced").tolist() == [[1, 2, 3], [0, 0, 0], [0, 1, 2]]
    fields = [field for fold in read for field in fold.fields]
    assert [field.reached for field in fields] == [2, 0, 2]


def test_the_best_common_threshold_by_hand(folds: list[Path]) -> None:
    """Joint scores: four mitoses at 0.5 or more, no false alarm above 0.2: 2 · 4 / (4 + 5)."""
    read = [unseen.read(folder) for folder in folds]
    assert unseen.best([field for fold in read for field in fold.fields], "both stages") == pytest.approx(8 / 9)
    assert np.isnan(unseen.best([], "both stages"))
    assert unseen.best([read[0].fields[0]], "stage one alone") == pytest.approx(2 * 2 / (3 + 3))


def test_the_threshold_of_the_other_fold_by_hand(folds: list[Path]) -> None:
    """Best on b: 0.35, between 0.5 and 0.2; on a: 0.4, between 0.7 and 0.1. Nothing lies between them."""
    read = [unseen.read(folder) for folder in folds]
    assert unseen.with_others(read).tolist() == [[2, 2, 3], [0, 0, 0], [2, 2, 2]]
    apart = replace(
        read[1],
        fields=[replace(field, scores={"both stages": field.scores["both stages"] / 10}) for field in read[1].fields],
    )
    assert unseen.with_others([read[0], apart]).tolist()[2] == [0, 0, 2], "all of b now lie below the threshold of a"
    assert unseen.with_others([read[0], apart]).tolist()[0] == [2, 3, 3], "that of b, 0.035, takes all of a"


def test_without_test_fields_the_halves_are_shown(folds: list[Path]) -> None:
    (folds[0] / "scores.csv").rename(folds[0] / "out_of_fold.csv")
    assert unseen.pooled([unseen.read(folds[0])], "both stages", "balanced").tolist() == [[2, 2, 3], [0, 0, 0]]


def test_the_table(folds: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    unseen.main(folds)
    out = capsys.readouterr().out
    assert "3 fields of 2 patients, 5 mitotic figures" in out
    assert "| both stages | 1.000 [0.510, 1.000] | 0.800 [0.376, 0.964] | 0.889 [" in out
    assert "| stage one alone | 0.333 [" in out
    assert "Of 5 mitotic figures, stage one proposes 4; both stages keep 4, and lose 0" in out
    assert "| q | 2 | 1.000 | 1.000 | 1.000 | 1.000 | 0.000 |" in out
