"""What a second evaluation does anew, and what it takes from the first."""

import json

from coloured_fields import Darkness, cells, save

from mitosis.cascade.cascade import Cascade
from mitosis.files import digest, read_json
from mitosis.run.checkpoint import read, write

ALONE = ["0.5000", "0.7500", "0.6000", "3", "6", "4", "0.6042"]


def test_another_rule_changes_only_the_matching(runs, cli):
    segment, classify = runs
    given = (f"segmenter={segment}", f"classifier={classify}")
    cli("evaluate", *given)
    first, table = read_json(classify / "evaluation.json"), digest(classify / "detections.csv")
    scores = digest(classify / "scores.csv")
    ended = cli("evaluate", *given, "matching=px20")
    assert ended.code == 0, ended.err
    assert "px20: one to one, optimal, distance < 20 px (5 µm at 0.25 µm/px)" in ended.out
    second = read_json(classify / "evaluation-px20.json")
    assert [row["tp"] for row in second["stages"]] == [2, 2]  # the mitosis 20 pixels off is 20 or more
    for name in ("chosen", "steps", "pixel", "fields", "part"):
        assert first[name] == second[name]
    for one, other in zip(first["stages"], second["stages"], strict=True):
        assert (one["predictions"], one["truths"]) == (other["predictions"], other["truths"])
    assert digest(classify / "detections.csv") == table
    assert digest(classify / "scores.csv") == scores, "what each candidate matches under the first rule stays"
    assert digest(classify / "scores-px20.csv") != scores


def test_another_rule_runs_no_network_unless_something_changed(make, runs, cli, monkeypatch):
    segment, classify = runs
    given = ("evaluate", f"segmenter={segment}", f"classifier={classify}")
    assert cli(*given, "matching=px20").code == 0
    wanted = read_json(classify / "evaluation-px20.json")
    (classify / "evaluation-px20.json").unlink()
    (classify / "found.json").unlink()
    assert cli(*given).code == 0
    ran, run = [], Cascade.probability
    monkeypatch.setattr(Cascade, "probability", lambda *args, **kw: ran.append(1) or run(*args, **kw))
    ended = cli(*given, "matching=px20")
    assert "found.json holds the scores of these networks; none runs again" in ended.out
    assert read_json(classify / "evaluation-px20.json") == wanted
    assert not ran
    checkpoint = read(classify / "checkpoints" / "best.ckpt")
    write(checkpoint | {"chosen": {"threshold": 0.6, "window": "whole"}}, classify / "checkpoints" / "best.ckpt")
    assert cli(*given).code == 0
    assert len(ran) == 10, "another chosen value is another network"
    (classify / "found.json").write_text("{")
    assert cli(*given, "matching=px20").code == 0
    assert len(ran) == 20, "a broken file is made anew"


def test_nothing_is_tuned(runs, cli):
    files = [run / "checkpoints" / "best.ckpt" for run in runs]
    before = [(digest(path), path.stat().st_mtime_ns) for path in files]
    for part in ("test", "val"):
        assert cli("evaluate", f"segmenter={runs[0]}", f"classifier={runs[1]}", f"part={part}").code == 0
    assert [(digest(path), path.stat().st_mtime_ns) for path in files] == before


def test_a_test_part_added_later_is_evaluated(make, cli):
    run = make("run", Darkness)
    cli("evaluate", f"segmenter={run}", "data.root=without")
    (run / "detections.csv").write_text("of another rule")
    assert cells(cli("evaluate", f"segmenter={run}", "data.root=with").out, "stage one alone") == ALONE


def test_existing_scores_are_reprinted_and_redone_for_other_weights(runs, cli):
    segment, classify = runs
    given = ("evaluate", f"segmenter={segment}", f"classifier={classify}")
    first = cli(*given)
    before = (classify / "evaluation.json").stat().st_mtime_ns
    again = cli(*given)
    assert "nothing to do" in again.out
    assert cells(again.out, "both stages") == cells(first.out, "both stages")
    assert (classify / "evaluation.json").stat().st_mtime_ns == before
    checkpoint = read(classify / "checkpoints/best.ckpt")
    save(classify, checkpoint["recipe"], checkpoint["chosen"], gain=-1.0)  # now what is not red is taken
    assert cells(cli(*given).out, "both stages")[3:6] == ["1", "3", "4"]
    for name in ("detections.csv", "scores.csv"):
        (classify / name).unlink()
        cli(*given)
        assert (classify / name).exists()


def test_equal_weights_of_another_file_stand_and_changed_labels_do_not(runs, cli):
    segment, classify = runs
    given = ("evaluate", f"segmenter={segment}", f"classifier={classify}")
    cli(*given)
    checkpoint = read(classify / "checkpoints/best.ckpt")
    write(checkpoint | {"seconds": 99.0}, classify / "checkpoints" / "best.ckpt")
    assert "nothing to do" in cli(*given).out
    result = read_json(classify / "evaluation.json")
    (classify / "evaluation.json").write_text(json.dumps(result | {"labels": "0" * 64}))
    assert "the labels changed since; it is made anew" in cli(*given).out
    assert read_json(classify / "evaluation.json") == result
