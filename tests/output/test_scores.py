"""The table that an evaluation prints; its numbers are compared in the tests of mitosis.evaluate."""

import pytest

from mitosis.output.scores import print_scores

ROW = {"stage": "stage one alone", "precision": 0.5, "recall": None, "f1": float("nan"), "tp": 3, "predictions": 6}
RESULT = {
    "part": "test",
    "fields": 10,
    "rule": "px20",
    "note": "",
    "stages": [ROW | {"truths": 4, "ap": 0.60419}],
    "pixel": {"precision": 1 / 3, "recall": None, "f1": 0.4, "iou": 0.25, "tp": 1, "fp": 2, "fn": 3},
}


@pytest.mark.parametrize("note", ["", "two fields are missing"])
def test_counts_rates_and_dashes(capsys, note):
    print_scores(RESULT | {"note": note})
    first, *table, pixel = capsys.readouterr().out.removesuffix(f"{note}\n" if note else "").splitlines()
    assert first == "test: 10 fields, px20"
    (row,) = [line for line in table if "stage one alone" in line]
    assert row.replace("│", " ").split() == ["stage", "one", "alone", "0.5000", "–", "–", "3", "6", "4", "0.6042"]  # noqa: RUF001
    assert pixel == "pixels of stage one at 0.5: precision 0.3333  recall –  f1 0.4000  iou 0.2500"  # noqa: RUF001


def test_without_scores_only_the_note_is_printed(capsys):
    print_scores(RESULT | {"stages": [], "note": "no test part"})
    assert capsys.readouterr().out == "no test part\n"
