"""Scores on held-out fields, worked out by hand."""

import warnings
import weakref
from math import isnan

import pytest
from coloured_fields import Darkness, cells, save

from mitosis.cascade.cascade import Cascade
from mitosis.data.cache.store import FieldStore
from mitosis.evaluate import evaluate
from mitosis.files import digest, read_json
from mitosis.run.checkpoint import read
from mitosis.run.name import Choices

DASH = "–"  # noqa: RUF001
ALONE = ["0.5000", "0.7500", "0.6000", "3", "6", "4", "0.6042"]


def test_a_ring_is_excluded_from_pixel_scores_and_changes_no_other(make, cli):
    results = {}
    for root in ("plain", "rings"):
        run = make(root, Darkness)
        assert cli("evaluate", f"segmenter={run}", f"data.root={root}").code == 0
        results[root] = read_json(run / "evaluation.json")
    plain, ringed = results["plain"], results["rings"]
    # Of the four squares that are none, the one that lies in the ring is no longer counted.
    assert [ringed["pixel"][name] for name in ("tp", "fp", "fn")] == [2 * 144, 3 * 144, 2 * 144]
    assert plain["pixel"]["fp"] == 4 * 144
    assert ringed["stages"] == plain["stages"]


def test_both_stages_by_hand(runs, cli):
    segment, classify = runs
    ended = cli("evaluate", f"segmenter={segment}", f"classifier={classify}")
    assert ended.code == 0, ended.err
    result = read_json(classify / "evaluation.json")
    alone, both = result["stages"]
    # By falling darkness: right, wrong, right, right, wrong, wrong; the fourth mitosis is too faint for a candidate.
    assert (alone["tp"], alone["predictions"], alone["truths"]) == (3, 6, 4)
    numbers = [alone[name] for name in ("precision", "recall", "f1", "ap")]
    assert numbers == pytest.approx([3 / 6, 3 / 4, 6 / 10, (1 + 2 / 3 + 3 / 4) / 4])
    # By falling redness: right, wrong, right, and three greys, one of them right, at one score below the threshold.
    assert (both["tp"], both["predictions"], both["truths"]) == (2, 3, 4)
    numbers = [both[name] for name in ("precision", "recall", "f1", "ap")]
    assert numbers == pytest.approx([2 / 3, 2 / 4, 4 / 7, (1 + 2 / 3 + 3 / 6) / 4])
    # In pixels two squares are right, four too many (one of them beside its mitosis), and two mitoses missed.
    pixel = [result["pixel"][name] for name in ("precision", "recall", "f1", "iou")]
    assert pixel == pytest.approx([2 / 6, 2 / 4, 4 / 10, 2 / 8])
    assert [result["pixel"][name] for name in ("tp", "fp", "fn")] == [2 * 144, 4 * 144, 2 * 144]
    assert result["fields"] == 10
    assert result["steps"] == {"segmenter": 7, "classifier": 7}

    assert cells(ended.out, "stage one alone") == ALONE
    assert cells(ended.out, "both stages") == ["0.6667", "0.5000", "0.5714", "2", "3", "4", "0.5417"]
    assert "test: 10 fields, icpr2012: one to one, optimal, distance <= 5 µm (20 px at 0.25 µm/px)\n" in ended.out
    assert "ground truths" in ended.out
    assert "precision 0.3333  recall 0.5000  f1 0.4000  iou 0.2500" in ended.out
    lines = (classify / "detections.csv").read_text().splitlines()
    assert [line.split(",")[:3] for line in lines] == [
        ["image", "x", "y"], ["case15_0", "15.50", "15.50"], ["case15_0", "65.50", "15.50"],
        ["case15_1", "65.50", "65.50"],
    ]  # fmt: skip
    assert not (segment / "evaluation.json").exists()


def test_reading_fields_one_by_one_gives_the_same_as_all_at_once(runs, cli, monkeypatch):
    given = ("evaluate", f"segmenter={runs[0]}", f"classifier={runs[1]}")
    alive, most, load, detect = weakref.WeakSet(), [], FieldStore._load, Cascade.accept

    def loaded(self, record):
        alive.add(field := load(self, record))
        return field

    with monkeypatch.context() as patch:
        patch.setattr(FieldStore, "_load", loaded)
        patch.setattr(Cascade, "accept", lambda *args, **kw: most.append(len(alive)) or detect(*args, **kw))
        assert cli(*given).code == 0
    assert len(most) == 10
    assert max(most) <= 2
    files = [runs[1] / name for name in ("evaluation.json", "detections.csv")]
    before = [digest(path) for path in files]
    files[0].unlink()
    (runs[1] / "found.json").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ended = cli(*given, "data.cache=cache")
    assert ended.code == 0
    assert "0 of 10 fields are in cache" in ended.out
    assert [digest(path) for path in files] == before
    files[0].unlink()
    (runs[1] / "found.json").unlink()
    monkeypatch.setattr(FieldStore, "each", lambda self, records: iter(self.fields(records)))
    assert cli(*given).code == 0
    assert [digest(path) for path in files] == before


def test_stage_one_alone_counts_all_candidates_at_its_threshold(make, cli):
    ended = cli("evaluate", f"segmenter={make('a', Darkness)}")
    assert ended.code == 0
    assert cells(ended.out, "stage one alone") == ALONE
    assert "both stages" not in ended.out
    stricter = make("b", Darkness, threshold=0.85)
    (row,) = evaluated(segmenter=stricter)["stages"]
    assert (row["tp"], row["predictions"], row["truths"]) == (1, 2, 4)
    (row,) = evaluated(segmenter=make("c", Darkness, threshold=0.25))["stages"]
    assert (row["tp"], row["predictions"], row["truths"]) == (4, 7, 4)


def evaluated(**asked) -> dict:
    settings = {
        "classifier": None,
        "part": "test",
        "matching": None,
        "adapt": False,
        "data": {"root": None, "cache": None},
    } | asked
    evaluate(settings, Choices({}, "default", []))
    folder = settings["classifier"] or settings["segmenter"]
    return read_json(folder / ("evaluation.json" if settings["part"] == "test" else "evaluation-val.json"))


def test_the_detections_of_stage_one_alone_are_cut_at_its_own_threshold(make, cli):
    run = make("run", Darkness)
    save(run, read(run / "checkpoints" / "best.ckpt")["recipe"], {"threshold": 0.5, "window": "whole", "alone": 0.75})
    assert cli("evaluate", f"segmenter={run}").code == 0
    (row,) = read_json(run / "evaluation.json")["stages"]
    assert (row["tp"], row["predictions"], row["truths"]) == (2, 3, 4)
    assert len((run / "detections.csv").read_text().splitlines()) == 1 + 3
    assert len((run / "scores.csv").read_text().splitlines()) > 1 + 6, "every candidate keeps its score"


def test_undefined_scores_print_a_dash_and_val_is_kept_next_to_test(make, cli):
    run = make("run", Darkness)
    cli("evaluate", f"segmenter={run}")
    before = [digest(run / name) for name in ("evaluation.json", "detections.csv")]
    ended = cli("evaluate", f"segmenter={run}", "part=val")  # six white fields without mitoses
    assert ended.code == 0
    assert cells(ended.out, "stage one alone") == [DASH, DASH, DASH, "0", "0", "0", DASH]
    assert f"precision {DASH}  recall {DASH}  f1 {DASH}  iou {DASH}" in ended.out
    assert read_json(run / "evaluation-val.json")["stages"][0]["f1"] is None
    assert [digest(run / name) for name in ("evaluation.json", "detections.csv")] == before
    settings = {
        "segmenter": run,
        "classifier": None,
        "part": "val",
        "matching": None,
        "adapt": False,
        "data": {"root": None, "cache": None},
    }
    assert isnan(evaluate(settings, Choices({}, "default", [])))
