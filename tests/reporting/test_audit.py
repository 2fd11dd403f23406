"""The label audit, from two systems' candidates placed by hand."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from refused import refused
from reporting.test_gallery import FIELD, RULE

from mitosis.metric.field_scores import ALONE, BOTH, FieldScores
from mitosis.reporting import gallery
from mitosis.reporting.audit import Opinion, audit_items, audit_table, doubts_of, opinions_of
from mitosis.reporting.places import read_places

RECORD = FIELD.record
"""Three figures, at (20, 20), (100, 50) and (180, 80); the rule's radius is 10 pixels."""


def opinion(points: list[tuple[float, float]], scores: list[float], threshold: float = 0.5) -> Opinion:
    places = np.array(points, dtype=float).reshape(-1, 2)
    reach = RULE.reach(places, RECORD.centroids, RECORD.mpp)
    scored = FieldScores("F", "p", {ALONE: np.array(scores), BOTH: np.array(scores)}, reach, missed=())
    return Opinion(places, np.array(scores), scored, threshold)


ONE = opinion([(22, 20), (100, 52), (60, 90), (140, 10)], [0.9, 0.2, 0.9, 0.6])
OTHER = opinion([(20, 20), (100, 50), (64, 90)], [0.8, 0.7, 0.7])
"""Both find the first figure; only the other finds the second; neither has a candidate for the third."""


def test_doubts_by_hand() -> None:
    """The false place near (60, 90) is of both; that at (140, 10) of one alone, which half of the systems are."""
    doubts = doubts_of([RECORD], {"F": [ONE, OTHER]}, RULE)
    assert [(one.kind, one.x, one.y, one.label, one.against, one.judged) for one in doubts] == [
        ("labelled", 180, 80, "mitotic figure", 2, 2),
        ("unlabelled", 60, 90, "none", 2, 2),
        ("labelled", 100, 50, "mitotic figure", 1, 2),
        ("unlabelled", 140, 10, "none", 1, 2),
    ]
    assert [one.score for one in doubts] == pytest.approx([0, 0.8, 0.45, 0.3])
    assert [one.disagreement for one in doubts] == pytest.approx([1, 0.8, 0.55, 0.3])


def test_what_most_systems_agree_with_is_no_doubt() -> None:
    doubts = doubts_of([RECORD], {"F": [ONE, OTHER, OTHER]}, RULE)
    assert [(one.x, one.against) for one in doubts] == [(180, 3), (60, 3)]
    assert not doubts_of([RECORD], {"another field": [ONE]}, RULE)


def test_a_field_of_several_folds_is_taken_once() -> None:
    assert [one.field for one in doubts_of([RECORD, RECORD], {"F": [OTHER]}, RULE)] == [0, 0]


def test_a_labelled_look_alike_is_named() -> None:
    record = replace(RECORD, hard_negatives=np.array([[66.0, 92.0]]))
    (doubt,) = [one for one in doubts_of([record], {"F": [OTHER]}, RULE) if one.kind == "unlabelled"]
    assert doubt.label == "look-alike"
    assert [item.words for item in audit_items([doubt])] == ["look-alike, 0.70"]


def test_crops_are_named_by_their_field_and_share_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    doubts = doubts_of([RECORD], {"F": [ONE, OTHER]}, RULE)
    monkeypatch.setattr(gallery, "EACH", 1)
    made = gallery.gallery_of([FIELD], audit_items(doubts), gallery.AUDITED)
    assert made["total"] == {"unlabelled": 2, "labelled": 2}
    assert {kind: [one["words"] for one in own] for kind, own in made["items"].items()} == {
        "unlabelled": ["F, 0.80, 2 of 2"],
        "labelled": ["F, 0.00, 2 of 2"],
    }
    assert list(made["fields"]) == [0]


def test_the_table_holds_what_is_shown() -> None:
    table = audit_table(doubts_of([RECORD], {"F": [OTHER]}, RULE), [RECORD])
    assert [list(row) for row in table.rows] == [
        ["F", "180.0", "80.0", "mitotic figure", "0.000", "1.000", "1 of 1"],
        ["F", "64.0", "90.0", "none", "0.700", "0.700", "1 of 1"],
    ]


def run(folder: Path) -> Any:
    return SimpleNamespace(folder=folder, fields=[ONE.scored], stages=[ALONE, BOTH], threshold=lambda stage: 0.5)


def test_a_run_without_places_says_nothing(tmp_path: Path) -> None:
    seen, unseen = run(tmp_path / "a"), run(tmp_path / "b")
    (own,) = opinions_of([seen, unseen], {tmp_path / "a": {"F": ONE.points}})["F"]
    assert own.scored is ONE.scored
    assert own.threshold == 0.5


def test_places_of_other_candidates_are_refused(tmp_path: Path) -> None:
    given = run(tmp_path)
    said = f"remove {tmp_path / 'evaluation.json'} and evaluate the run again"
    assert refused(lambda: read_places(given)).endswith(said)
    (tmp_path / "found.json").write_text('{"fields": {"F": {"points": [[1, 2]]}}}')
    assert "does not hold the candidates of F that scores.csv lists" in refused(lambda: read_places(given))
    (tmp_path / "found.json").write_text('{"fields": {"F": {"points": [[1, 2], [3, 4], [5, 6], [7, 8]]}}}')
    assert read_places(given)["F"].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
