"""A segmenter's candidates and the choice of window and threshold, with a hand-made network and fields."""

import weakref
from functools import partial
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
from mitosis.data.record import MitoticFigure, Record
from mitosis.data.view.candidate_table import read_candidates
from mitosis.files import digest, read_json
from mitosis.run.checkpoint import read, write

HALVES = {0: [f"case{case:02d}" for case in range(0, 12, 2)], 1: [f"case{case:02d}" for case in range(1, 12, 2)]}


class Darkness(nn.Module):
    """The probability of a pixel is its darkness; nothing is seen in a window above ``limit`` pixels."""

    stride = 8

    def __init__(self, limit: int = 10**6) -> None:
        super().__init__()
        self.limit = limit
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, image: Tensor) -> Tensor:
        seen = 1.0 if image.shape[-1] <= self.limit else 0.0
        return torch.logit((1 - image.mean(dim=1, keepdim=True)) * seen * self.gain, eps=1e-6)


class Squares(MitosisDataModule):
    """White fields with a dark square of 12 × 12 pixels of 0.25 µm for each mitosis, and one that is not a mitosis."""

    def __init__(self, *, side: int = 64, moved: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.side, self.moved = side, moved

    def records(self) -> list[Record]:
        return [self._record(case, index) for case in range(20) for index in range(2)]

    def _record(self, case: int, index: int) -> Record:
        name, corner = f"case{case:02d}_{index}", (10 + index, 20)
        if self.moved and case >= 15:  # the official test part
            corner = (40, 44)
        figure = MitoticFigure(square(*corner))
        # Of the six mitoses on val (cases 12 to 14) four are very dark, one less, one hardly.
        darkness = {"case13_0": 0.62, "case14_1": 0.33}.get(name, 0.92)
        read = partial(drawn, self.side, [(10 + index, 20, darkness), (44, 40, 0.7)])
        return Record(name, read, (self.side, self.side), 0.25, name[:6], name[:6], "drawn", (figure,))


def square(left: int, top: int) -> np.ndarray:
    rows, columns = np.mgrid[top : top + 12, left : left + 12]
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int32)


def drawn(side: int, squares: list[tuple[int, int, float]]) -> np.ndarray:
    image = np.full((side, side, 3), 255, np.uint8)
    for left, top, darkness in squares:
        image[top : top + 12, left : left + 12] = round(255 * (1 - darkness))
    return image


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A finished run of ``Darkness`` on ``Squares``, before ``propose``."""
    monkeypatch.setenv("MITOSIS_TRUST", __name__.split(".")[0])

    def run(name: str = "run", *, half=None, recall=0.95, threshold="auto", limit=10**6, window="auto", **data) -> Path:
        folder = tmp_path / name
        recipe = {
            "stage": {"kind": "segmentation"},
            "name": {"data": "squares", "model": "darkness", "ablation": "full", "variant": "default"},
            "model": {"_target_": f"{__name__}.Darkness", "limit": limit},
            "data": {"_target_": f"{__name__}.Squares", "folds": "synthetic", "samples_per_epoch": 1, "batch_size": 1}
            | data,
            "fold": "official",
            "half": half,
            "stain": {"_target_": "mitosis.stain.none.NoStain"},
            "matching": {"_target_": "mitosis.metric.matching.Matching", "name": "icpr2012", "radius": 5.0},
            "tiling": {"mpp": None, "window": window, "overlap": 32, "blend": "mean", "batch": 8, "max_pixels": 10**8},
            "candidate": {"threshold": threshold, "recall": recall, "min_area_um2": 6.25},
        }
        train(folder, recipe, gain=1.0)
        files.write_text(folder / "recipe.yaml", yaml.safe_dump(recipe))
        files.write_text(folder / "local.yaml", "{}")
        files.write_json(folder / "metrics.json", {"steps": 1})
        return folder

    return run


def train(folder: Path, recipe: dict, gain: float) -> None:
    state = {"model.gain": torch.tensor(gain)}
    path = folder / "checkpoints" / "best.ckpt"
    write({"recipe": recipe, "mpp": 0.25, "state_dict": state, "global_step": 1}, path)


def chosen(run: Path) -> dict:
    return read(run / "checkpoints" / "best.ckpt")["chosen"]


@pytest.mark.parametrize(
    ("target", "threshold", "alone", "recall", "precision"),
    # Alone, the four darkest squares have the highest F1: halfway from .92 to .7, or to 0 if nothing else is left.
    [(0.95, 0.3, 0.81, 6 / 6, 6 / 12), (0.8, 0.6, 0.81, 5 / 6, 5 / 11), (0.5, 0.9, 0.46, 4 / 6, 4 / 4)],
)
def test_the_threshold_is_the_largest_that_reaches_the_recall_on_val(
    make, cli, target, threshold, alone, recall, precision
):
    run = make(recall=target)
    ended = cli("propose", f"segmenter={run}")
    assert ended.code == 0, ended.err
    wanted = {"window": "whole", "threshold": threshold, "alone": pytest.approx(alone, abs=0.005)}
    assert chosen(run) == wanted
    assert read_json(run / "proposal.json")["chosen"] == wanted
    val = read_json(run / "proposal.json")["val"]
    assert (val["recall"], val["precision"], val["truths"]) == (recall, precision, 6)
    for words in ("icpr2012", "<= 5 µm (20 px at 0.25 µm/px)", "6 ground truths", f"threshold {threshold}"):
        assert words in ended.out


def test_candidates_are_written_for_every_part(make, cli):
    run = make()
    cli("propose", f"segmenter={run}")
    rows = read_candidates(run / "candidates.csv")
    assert len(rows) == 2 * 40  # in each of 40 fields the mitosis and the other square
    assert {row.field: row.seen for row in rows} == {
        f"case{case:02d}_{index}": "seen" if case < 12 else "unseen" for case in range(20) for index in range(2)
    }
    (hash_,) = {row.segmenter for row in rows}
    assert len(hash_) == 16
    for row in (row for row in rows if row.field == "case03_1"):
        # A square of 12 pixels from 11 on has its middle at 16.5.
        expected = (16.5, 25.5, 1, 0.92) if row.label else (49.5, 45.5, 0, 0.7)
        assert (row.x, row.y, row.label, row.mean) == pytest.approx(expected, abs=0.003)
        assert row.area_um2 == 9.0
        assert row.max == pytest.approx(row.mean, abs=1e-3)


@pytest.mark.parametrize("half", [0, 1])
def test_a_run_on_one_half_proposes_on_the_other_half_only(make, cli, half):
    run = make(half=half)
    assert cli("propose", f"segmenter={run}").code == 0
    rows = read_candidates(run / "candidates.csv")
    assert {row.seen for row in rows} == {"unseen"}
    assert sorted({row.field[:6] for row in rows}) == HALVES[1 - half]
    assert chosen(run)["threshold"] == 0.3  # on val, as any other run


def test_it_is_skipped_when_up_to_date_and_otherwise_redone(make, cli):
    run = make()
    files = [run / "checkpoints/best.ckpt", run / "candidates.csv", run / "proposal.json"]
    cli("propose", f"segmenter={run}")
    before = [(path.stat().st_mtime_ns, digest(path)) for path in files]
    again = cli("propose", f"segmenter={run}")
    assert again.code == 0
    assert "nothing to do" in again.out
    assert [(path.stat().st_mtime_ns, digest(path)) for path in files] == before
    files[1].write_text("something else")
    cli("propose", f"segmenter={run}")
    assert digest(files[1]) == before[1][1]
    train(run, read(files[0])["recipe"], gain=0.5)  # everything is half as probable
    assert cli("propose", f"segmenter={run}").code == 0
    assert chosen(run)["threshold"] == 0.15
    assert digest(files[1]) != before[1][1]


def test_repeating_it_is_byte_identical(make, cli):
    one, other = make("one"), make("other")
    for run in (one, other):
        cli("propose", f"segmenter={run}")
    for name in ("checkpoints/best.ckpt", "candidates.csv"):
        assert digest(one / name) == digest(other / name)


def test_reading_fields_one_by_one_gives_the_same_as_all_at_once(make, cli, monkeypatch):
    one, other, cached = (make(name, side=264, limit=256) for name in ("one", "other", "cached"))
    alive, most, load, probability = weakref.WeakSet(), [], FieldStore._load, Cascade.probability

    def loaded(self, record):
        most.append(len(alive))
        alive.add(field := load(self, record))
        return field

    with monkeypatch.context() as patch:
        patch.setattr(FieldStore, "_load", loaded)
        patch.setattr(Cascade, "probability", lambda *args, **kw: most.append(len(alive)) or probability(*args, **kw))
        assert cli("propose", f"segmenter={one}").code == 0
    assert max(most) <= 2
    assert len(most) == (6 + 6 + 40) + (2 * 6 + 6 + 40)
    ended = cli("propose", f"segmenter={cached}", "data.cache=cache")
    assert ended.code == 0
    assert "0 of 40 fields are in cache" in ended.out
    assert len(list(cached.parent.glob("cache/images/*.npy"))) > 1
    monkeypatch.setattr(FieldStore, "each", lambda self, records: iter(self.fields(records)))
    assert cli("propose", f"segmenter={other}").code == 0
    for name in ("checkpoints/best.ckpt", "candidates.csv", "proposal.json"):
        assert digest(one / name) == digest(other / name) == digest(cached / name)


def test_the_test_parts_labels_influence_no_choice(make, cli):
    one, other = make("one"), make("other", moved=True)
    for run in (one, other):
        assert cli("propose", f"segmenter={run}").code == 0
    assert chosen(one) == chosen(other)
    first, second = (read_json(run / "proposal.json") for run in (one, other))
    assert first["val"] == second["val"]
    rows, moved = (read_candidates(run / "candidates.csv") for run in (one, other))
    assert [(row.field, row.x, row.y, row.mean) for row in rows] == [
        (row.field, row.x, row.y, row.mean) for row in moved
    ]
    differing = {a.field[:6] for a, b in zip(rows, moved, strict=True) if a.label != b.label}
    assert differing == {f"case{case}" for case in range(15, 20)}


def test_the_window_has_the_highest_ap(make, cli):
    run = make(side=264, limit=256)
    assert cli("propose", f"segmenter={run}").code == 0
    assert chosen(run)["window"] == 256
    fixed = make("fixed", side=264, limit=256, window="whole", threshold=0.4)
    assert cli("propose", f"segmenter={fixed}").code == 0
    assert chosen(fixed) == {"window": "whole", "threshold": 0.4}  # it sees nothing
    assert read_candidates(fixed / "candidates.csv") == []
    val = read_json(fixed / "proposal.json")["val"]
    assert (val["recall"], val["precision"], val["ap"]) == (0, None, 0)


def test_a_threshold_outside_the_grid_is_counted_too(make, cli):
    run = make(threshold=0.621)
    assert cli("propose", f"segmenter={run}").code == 0
    assert read_json(run / "proposal.json")["val"]["recall"] == 4 / 6


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"threshold": "high"}, "candidate.threshold=high"),
        ({"threshold": 1.5}, "candidate.threshold=1.5"),
        ({"window": "big"}, "its tiling.window is big"),
        ({"window": 100}, "tiling.window=100"),
    ],
)
def test_invalid_settings_are_reported_in_one_line(make, cli, settings, words):
    run = make(**settings)
    ended = cli("propose", f"segmenter={run}")
    assert ended.code == 1
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert not (run / "proposal.json").exists()
    assert not (run / "candidates.csv").exists()


def test_runs_without_candidates_are_refused(make, cli, tmp_path):
    classifier, unfinished = make("classifier"), make("unfinished")
    recipe = yaml.safe_load((classifier / "recipe.yaml").read_text())
    recipe["stage"]["kind"] = "classification"
    (classifier / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    (unfinished / "metrics.json").unlink()
    for run, words in ((classifier, "classifier"), (unfinished, "not finished"), (tmp_path / "x", "no such folder")):
        ended = cli("propose", f"segmenter={run}")
        assert ended.code == 1
        assert words in ended.err
        assert str(run) in ended.err
        assert ended.err.count("\n") == 1
