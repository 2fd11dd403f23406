"""The galleries, from detections placed by hand."""

import numpy as np
import pytest

from mitosis.data.record import MitoticFigure, Record
from mitosis.metric.field_scores import ALONE, BOTH, FieldScores
from mitosis.metric.matching import Matching, Reach
from mitosis.reporting import gallery
from mitosis.reporting.fields import Shown, area_mm2, counts_under

RULE = Matching("hand", radius=10.0, unit="px")


def figure(x: int, y: int) -> MitoticFigure:
    return MitoticFigure(np.array([[x, y]], dtype=np.int32))


def field(name: str, points: list[tuple[float, float]], scores: list[float]) -> Shown:
    """Three figures on a field of 200 × 100 pixels."""
    record = Record(
        field=name,
        read=lambda: np.full((100, 200, 3), 200, np.uint8),
        size=(100, 200),
        mpp=0.5,
        case="p",
        slide="p",
        scanner="A",
        figures=(figure(20, 20), figure(100, 50), figure(180, 80)),
    )
    return Shown(record, np.array(points), np.array(scores))


FIELD = field("F", [(22, 20), (18, 26), (60, 90)], [0.9, 0.8, 0.7])
"""Figure 0 is found twice, the nearer of which counts; the third detection is false."""
SCORED = FieldScores(
    "F",
    "p",
    {ALONE: np.full(4, 0.5), BOTH: np.array([0.9, 0.8, 0.7, 0.3])},
    Reach(np.array([0, 1, 3]), np.array([0, 0, 1]), np.zeros(3)),
    missed=(2,),
)


def test_every_detection_and_every_missed_figure_is_an_item() -> None:
    items = gallery.items_of([FIELD], [SCORED], RULE)
    assert [(item.kind, item.words) for item in items] == [
        ("fn", "rejected, 0.30"),
        ("fn", "no candidate"),
        ("fp", "twice, 0.80"),
        ("fp", "score 0.70"),
        ("tp", "score 0.90"),
    ]
    assert [(item.x, item.y) for item in items[:2]] == [(100, 50), (180, 80)]


def test_a_gallery_holds_the_first_of_each_kind_and_their_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "EACH", 1)
    made = gallery.gallery_of([FIELD], gallery.items_of([FIELD], [SCORED], RULE))
    assert made["total"] == {"fp": 2, "fn": 2, "tp": 1}
    assert {kind: len(items) for kind, items in made["items"].items()} == {"fp": 1, "fn": 1, "tp": 1}
    assert made["fields"][0]["size"] == [200, 100]
    assert made["fields"][0]["truths"] == [[20, 20], [100, 50], [180, 80]]
    assert made["items"]["fn"][0]["crop"].startswith("data:image/jpeg;base64,")


def test_fields_are_left_out_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "ROOM", 0)
    made = gallery.gallery_of([FIELD], gallery.items_of([FIELD], [SCORED], RULE))
    assert made["fields"] == {}
    assert len(made["items"]["fn"]) == 2


def test_counts_and_area_by_hand() -> None:
    assert area_mm2([FIELD]) == pytest.approx(0.1 * 0.05)
    assert counts_under(RULE, [FIELD, FIELD]) == (2, 6, 6)
