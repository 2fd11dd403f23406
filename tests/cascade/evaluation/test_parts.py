"""Which fields are scored: another dataset's, none, and those that no network was trained on."""

import pytest
from coloured_fields import Darkness, Redness, save

from mitosis.files import digest, read_json
from mitosis.run.assembly import rebuild_data
from mitosis.run.checkpoint import read, write
from mitosis.run.trained import load


def test_all_fields_of_another_dataset_are_tested_on(runs, cli):
    """Drawn fields under a rule of their own; the files carry their name, those of the own test part stay."""
    segment, classify = runs
    given = ("evaluate", f"segmenter={segment}", f"classifier={classify}")
    cli(*given)
    own = digest(classify / "evaluation.json")
    other = ("data=synthetic", "data.cases=3", "data.size=96", "budget.fields=2")
    ended = cli(*given, *other)
    assert ended.code == 0, ended.err
    result = read_json(classify / "evaluation-on-synthetic,cases-3,size-96.json")
    assert result["names"] == ["case00_0", "case01_0"]
    assert result["note"].startswith("every labelled field of another dataset")
    for name in ("detections", "scores"):
        assert (classify / f"{name}-on-synthetic,cases-3,size-96.csv").is_file()
    assert digest(classify / "evaluation.json") == own
    assert "nothing to do" in cli(*given, *other).out
    ended = cli(*given, *other, "part=val")
    assert ended.code == 1
    assert "part=val: all of data=synthetic is tested on" in ended.err


@pytest.mark.parametrize(("fold", "root"), [("official", "without"), ("all", "with")])
def test_a_missing_test_part_gives_a_note_and_no_scores(make, cli, fold, root):
    run = make("run", Darkness, fold=fold)
    ended = cli("evaluate", f"segmenter={run}", f"data.root={root}")
    assert ended.code == 0, ended.err
    assert "no test figure" in ended.out
    assert "stage one" not in ended.out
    assert "0." not in ended.out
    assert read_json(run / "evaluation.json")["stages"] == []
    assert not (run / "detections.csv").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fold": 0}, "segmenter is of fold official, classifier of fold 0"),
        ({"name": {"data": "icpr2012"}}, "segmenter is of data squares, classifier of data icpr2012"),
        ({"stain": {"_target_": "mitosis.stain.macenko.Macenko"}}, "stain="),
    ],
)
def test_mismatched_runs_are_refused(make, cli, changes, words):
    segment, classify = make("segmenter", Darkness), make("classifier", Redness, **changes)
    ended = cli("evaluate", f"segmenter={segment}", f"classifier={classify}")
    assert ended.code == 1
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert not (classify / "evaluation.json").exists()


@pytest.mark.parametrize(
    ("learned", "part", "refused"), [("train", "test", True), ("val", "test", True), ("val", "val", False)]
)
def test_fields_a_classifier_was_trained_on_are_not_scored(runs, cli, learned, part, refused):
    segment, classify = runs
    data = rebuild_data(load(segment), {})
    (name, *_) = [record.field for record in getattr(data.parts, part)]
    path = classify / "checkpoints" / "best.ckpt"
    write(read(path) | {"fields": {"train": [], "val": []} | {learned: [name]}}, path)
    ended = cli("evaluate", f"segmenter={segment}", f"classifier={classify}", f"part={part}")
    assert ended.code == int(refused)
    assert (f"best.ckpt: it was trained or chosen on {name}, which is in {part} here" in ended.err) is refused


def test_user_errors_are_one_line(make, runs, cli, tmp_path):
    segment, classify = runs
    unchosen = make("unchosen", Darkness)
    save(unchosen, read(unchosen / "checkpoints/best.ckpt")["recipe"], {})
    for given, words in {
        (f"segmenter={classify}", f"classifier={segment}"): f"segmenter={classify}",
        (f"segmenter={segment}", f"classifier={segment}"): f"classifier={segment}",
        (f"segmenter={classify}",): "is a classifier's",
        (f"segmenter={unchosen}",): "python -m mitosis.propose segmenter=",
        (f"segmenter={tmp_path / 'x'}",): "no such folder",
        (f"segmenter={segment}", "part=train"): "part=train",
        (f"segmenter={segment}", "matching=px21"): "px20",
        (): "segmenter",
    }.items():
        ended = cli("evaluate", *given)
        assert ended.code == 1, given
        assert words in ended.err, given
        assert ended.err.count("\n") == 1, given
        assert "Traceback" not in ended.err
