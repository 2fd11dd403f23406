"""Scores on held-out fields, worked out by hand: networks that measure darkness and redness, on coloured squares."""

import json
import warnings
import weakref
from functools import partial
from math import isnan
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn

from mitosis import files
from mitosis.cascade.cascade import Cascade
from mitosis.data.cache.store import FieldStore
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Circle, MitoticFigure, Record
from mitosis.evaluate import evaluate
from mitosis.files import digest, read_json
from mitosis.run.assembly import rebuild_data
from mitosis.run.checkpoint import read, write
from mitosis.run.name import Choices
from mitosis.run.trained import load

# Square of 12 × 12 pixels of 0.25 µm: left, top, darkness, redness, and where its mitosis begins (None: there is none).
SQUARES = {
    "case15_0": [
        (10, 10, 0.92, 60, (10, 10)),
        (60, 10, 0.8, 40, (60, 10)),
        (10, 60, 0.7, 0, (30, 60)),  # its mitosis is 20 pixels, 5 µm, away
        (60, 60, 0.6, 0, None),
    ],
    "case15_1": [(10, 10, 0.3, 60, (10, 10)), (60, 60, 0.9, 50, None)],
    "case19_1": [(60, 60, 0.65, 0, None)],
}
RING = Circle(27, 65.5, 20)
"""Of the mitosis beside a square: that lies in it."""
DASH = "–"  # noqa: RUF001
ALONE = ["0.5000", "0.7500", "0.6000", "3", "6", "4", "0.6042"]


class Darkness(nn.Module):
    """The probability of a pixel is its darkness."""

    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, image: Tensor) -> Tensor:
        return torch.logit((1 - image.mean(dim=1, keepdim=True)) * self.gain, eps=1e-6)


class Redness(nn.Module):
    """A crop is a mitosis if its middle is redder than blue by 30 grey levels."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, crops: Tensor) -> Tensor:
        red, _, blue = crops[:, :, 60:68, 60:68].mean(dim=(2, 3)).unbind(dim=1)
        logit = self.gain * 20 * (red - blue - 30 / 255)
        return torch.stack([torch.zeros_like(logit), logit], dim=1)


class Squares(MitosisDataModule):
    """White fields with the squares above.

    ``root``: "without" leaves the official test part out, "rings" gives the mitosis beside a square its ring.
    """

    def __init__(self, *, root: str | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.root = root

    def records(self) -> list[Record]:
        names = [f"case{case:02d}_{i}" for case in range(15 if self.root == "without" else 20) for i in (0, 1)]
        return [record(name, RING if self.root == "rings" else None) for name in names]


def record(name: str, ring: Circle | None = None) -> Record:
    squares = SQUARES.get(name, [])
    truths = [truth for *_, truth in squares if truth]
    figures = tuple(MitoticFigure(pixels(*truth), ring if truth == (30, 60) else None) for truth in truths)
    return Record(name, partial(drawn, squares), (90, 100), 0.25, name[:6], name[:6], "drawn", figures)


def pixels(left: int, top: int) -> np.ndarray:
    rows, columns = np.mgrid[top : top + 12, left : left + 12]
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int32)


def drawn(squares: list[tuple]) -> np.ndarray:
    image = np.full((90, 100, 3), 255, np.uint8)
    for left, top, darkness, redness, _ in squares:
        grey = round(255 * (1 - darkness))
        blue = grey - redness // 3 if grey >= redness // 3 else 0
        image[top : top + 12, left : left + 12] = (blue + redness, 3 * grey - 2 * blue - redness, blue)
    return image


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A trained run of one of the two networks, its threshold chosen."""
    monkeypatch.setenv("MITOSIS_TRUST", __name__.split(".")[0])

    def run(into: str, model: type[nn.Module], fold="official", threshold=0.5, **changes) -> Path:
        folder = tmp_path / into
        recipe = {
            "stage": {"kind": "segmentation" if model is Darkness else "classification"},
            "name": {"data": "squares", "model": model.__name__, "ablation": "full", "variant": "default"},
            "model": {"_target_": f"{__name__}.{model.__name__}"},
            "data": {"_target_": f"{__name__}.Squares", "folds": "synthetic", "samples_per_epoch": 1, "batch_size": 1},
            "fold": fold,
            "half": None,
            "stain": {"_target_": "mitosis.stain.none.NoStain"},
            "matching": {"_target_": "mitosis.metric.matching.Matching", "name": "icpr2012", "radius": 5.0},
        }
        if model is Darkness:
            recipe["tiling"] = {"mpp": None, "window": "auto", "overlap": 32, "blend": "mean", "batch": 8}
            recipe["tiling"]["max_pixels"] = 10**8
            recipe["candidate"] = {"threshold": "auto", "recall": 0.95, "min_area_um2": 6.25}
        else:
            recipe["crop"] = {"side_um": 16.0, "pixels": 128, "border": "reflect"}
        recipe |= changes
        save(folder, recipe, {"threshold": threshold, "window": "whole"})
        files.write_text(folder / "recipe.yaml", yaml.safe_dump(recipe))
        files.write_text(folder / "local.yaml", "{}")
        return folder

    return run


def save(folder: Path, recipe: dict, chosen: dict, gain: float = 1.0) -> None:
    contents = {"recipe": recipe, "chosen": chosen, "mpp": 0.25, "global_step": 7}
    write(contents | {"state_dict": {"model.gain": torch.tensor(gain)}}, folder / "checkpoints" / "best.ckpt")


@pytest.fixture
def runs(make) -> tuple[Path, Path]:
    return make("segmenter", Darkness), make("classifier", Redness)


def cells(out: str, stage: str) -> list[str]:
    """The numbers in a stage's row of the printed table."""
    (line,) = [line for line in out.splitlines() if stage in line]
    return line.replace("│", " ").replace(stage, " ").split()


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
