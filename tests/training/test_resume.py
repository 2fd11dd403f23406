"""An interrupted run resumes as if it had never stopped, or starts over if its inputs have changed."""

import csv
import functools
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from tiny import TINY, only_run

from mitosis.cli.compose import compose
from mitosis.data.view.candidate_table import CandidateRow, read_candidates, write_candidates
from mitosis.files import read_json
from mitosis.run.assembly import build_data
from mitosis.run.checkpoint import read
from mitosis.run.name import Choices, recipe_of
from mitosis.stage.base import Stage
from mitosis.stage.classification import ClassificationStage
from mitosis.stage.segmentation import SegmentationStage
from mitosis.train import train
from mitosis.training import fit
from mitosis.training.run_checkpoint import RunCheckpoint

# 3 epochs of 2 steps.
DRAWN = ["data=synthetic", "budget=smoke", "fold=0", "data.size=128", "data.samples_per_epoch=8", "data.batch_size=4"]
DRAWN += ["max_steps=6", "stain=none", "trainer=exact"]
SEGMENTER = [*TINY, *DRAWN]
CLASSIFIER = ["model=resnet18", "model.name=test_resnet", "crop.pixels=32", *DRAWN]


class CrashError(Exception):
    """What stops a run."""


def run(folder: Path, *overrides: str) -> Path:
    """Train in this process under ``folder``; returns the run's own folder."""
    config, choices = composed(*overrides)
    train(config | {"runs": str(folder)}, choices)
    return only_run(folder)


@functools.cache
def composed(*overrides: str) -> tuple[dict[str, Any], Choices]:
    return compose("train", list(overrides))


def checkpoint(run: Path, name: str) -> dict[str, Any]:
    return read(run / "checkpoints" / f"{name}.ckpt")


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two checkpoints differ in any bit, except in wall-clock time."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one.keys() - {"seconds"}:
            yield from differences(one[key], other[key], f"{path}/{key}")
    elif isinstance(one, list | tuple) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}/{index}")
    elif isinstance(one, torch.Tensor):
        if not (one.dtype == other.dtype and torch.equal(one, other)):
            yield path
    elif repr(one) != repr(other):  # repr: nan equals nan
        yield f"{path}: {one} is not {other}"


@pytest.fixture(scope="module", autouse=True)
def noisy() -> Iterator[None]:
    """Losses that draw from every global generator, as a network with dropout does."""
    with pytest.MonkeyPatch.context() as patch:
        for stage in (SegmentationStage, ClassificationStage):

            def loss(self: Stage, batch: dict, original: Callable = stage.batch_loss) -> torch.Tensor:
                return original(self, batch) * (0.5 + torch.rand(()) + np.random.rand() + random.random())

            patch.setattr(stage, "batch_loss", loss)
        yield


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A segmenter's run folder after its proposal, made without a segmenter: the drawn mitoses and look-alikes."""
    config, choices = composed(*SEGMENTER)
    data, rows = build_data(config), []
    for part, seen in (("train", "seen"), ("val", "unseen"), ("test", "unseen")):
        for record in getattr(data.parts, part):
            points = [(*point, 1) for point in record.centroids] + [(*point, 0) for point in record.hard_negatives]
            rows += [
                CandidateRow(record.field, float(x), float(y), 20.0, 0.6, 0.9, label, "0" * 16, seen)
                for x, y, label in points
            ]
    folder = tmp_path_factory.mktemp("segmenter") / "fold-0"
    folder.mkdir()
    write_candidates(folder / "candidates.csv", rows)
    (folder / "recipe.yaml").write_text(yaml.safe_dump({"name": choices.name} | recipe_of(config)))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The uninterrupted run of these overrides, trained once, without workers."""
    return functools.cache(lambda *overrides: run(tmp_path_factory.mktemp("whole"), *overrides))


def crash_in(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: Callable[..., bool], *, after: bool = False
) -> None:
    """Have ``owner.name`` raise before, or ``after``, it does its work, once ``when`` of its first argument holds."""
    original = getattr(owner, name)

    def wrapped(self: Any, *args: Any) -> Any:
        result = original(self, *args) if after else None
        if when(self):
            raise CrashError
        return result if after else original(self, *args)

    monkeypatch.setattr(owner, name, wrapped)


def assert_same(whole: Path, stopped: Path, steps: int = 6) -> None:
    for name in ("last", "best"):
        assert list(differences(checkpoint(whole, name), checkpoint(stopped, name))) == []
    assert (whole / "metrics.csv").read_text() == (stopped / "metrics.csv").read_text()
    one, other = (read_json(path / "metrics.json") for path in (whole, stopped))
    assert one | {"minutes": 0} == other | {"minutes": 0}
    assert one["steps"] == steps


@pytest.mark.parametrize(
    ("stage", "ema", "workers"),
    [
        pytest.param("segmentation", "null", 0, marks=pytest.mark.slow),
        ("segmentation", "0.9", 2),
        ("classification", "0.9", 0),
        pytest.param("classification", "null", 2, marks=pytest.mark.slow),
    ],
)
def test_resuming_is_bit_identical(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proposed: Path,
    whole: Callable[..., Path],
    stage: str,
    ema: str,
    workers: int,
) -> None:
    overrides = SEGMENTER if stage == "segmentation" else [*CLASSIFIER, f"segmenter={proposed}"]
    overrides = [*overrides, f"ema={ema}"]
    with monkeypatch.context() as patch:
        crash_in(patch, Stage, "training_step", lambda stage: stage.global_step == 3)
        with pytest.raises(CrashError):
            run(tmp_path, *overrides, f"data.workers={workers}")
    assert checkpoint(only_run(tmp_path), "last")["global_step"] == 2
    stopped = run(tmp_path, *overrides, f"data.workers={workers}")
    assert_same(whole(*overrides), stopped)
    assert len((stopped / "metrics.csv").read_text().splitlines()) == 1 + 3


@pytest.mark.parametrize(
    "where",
    [
        "validation",
        pytest.param("before best", marks=pytest.mark.slow),
        "between best and last",
        pytest.param("after the last epoch", marks=pytest.mark.slow),
    ],
)
def test_resumes_from_any_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Callable[..., Path], where: str
) -> None:
    overrides = [*SEGMENTER, "ema=null"]
    epochs = iter([False, True])
    places: dict[str, Any] = {
        "validation": (Stage, "validation_step", lambda stage: stage.global_step == 4),
        "before best": (RunCheckpoint, "_keep_best", lambda callback: bool(callback.scores)),
        "between best and last": (RunCheckpoint, "_keep_best", lambda _: next(epochs)),
        "after the last epoch": (fit, "metrics_of", lambda _: True),
    }
    with monkeypatch.context() as patch:
        crash_in(patch, *places[where], after=where == "between best and last")
        with pytest.raises(CrashError):
            run(tmp_path, *overrides)
    assert_same(whole(*overrides), run(tmp_path, *overrides))


@pytest.mark.parametrize(
    "schedule",
    [
        ["scheduler=cosine"],
        pytest.param(["scheduler=step", "scheduler.every=1"], marks=pytest.mark.slow),
        pytest.param(["scheduler=plateau", "scheduler.patience=0"], marks=pytest.mark.slow),
        pytest.param(["scheduler=one_cycle", "optimizer=adam"], marks=pytest.mark.slow),
    ],
    ids=lambda schedule: schedule[0],
)
def test_resumes_between_two_validations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Callable[..., Path], schedule: list[str]
) -> None:
    # 4 epochs of 2 steps, scored are 1 and 3.
    overrides = [*SEGMENTER, "val_every=2", "max_steps=8", *schedule]
    with monkeypatch.context() as patch:
        crash_in(patch, Stage, "training_step", lambda stage: stage.global_step == 5)
        with pytest.raises(CrashError):
            run(tmp_path, *overrides)
    stopped = run(tmp_path, *overrides)
    assert_same(whole(*overrides), stopped, steps=8)
    with (stopped / "metrics.csv").open(newline="") as file:
        assert [bool(row["val/ap"]) for row in csv.DictReader(file)] == [False, True] * 2


def test_starts_over_on_other_candidates(
    tmp_path: Path, capsys: pytest.CaptureFixture, proposed: Path, whole: Callable[..., Path]
) -> None:
    segmenter = tmp_path / proposed.parent.name / proposed.name  # the same words in the run's name
    shutil.copytree(proposed, segmenter)
    overrides = [*CLASSIFIER, "ema=null"]
    rows = read_candidates(proposed / "candidates.csv")
    write_candidates(segmenter / "candidates.csv", rows[1:])
    first = run(tmp_path / "runs", *overrides, f"segmenter={segmenter}")
    weights = checkpoint(first, "last")["state_dict"]
    write_candidates(segmenter / "candidates.csv", rows)
    again = run(tmp_path / "runs", *overrides, f"segmenter={segmenter}")
    assert "its candidates changed; training starts over" in capsys.readouterr().out
    assert again == first
    assert list(differences(weights, checkpoint(again, "last")["state_dict"]))
    reference = whole(*CLASSIFIER, f"segmenter={proposed}", "ema=null")
    assert list(differences(checkpoint(reference, "last")["state_dict"], checkpoint(again, "last")["state_dict"])) == []
    assert len((again / "metrics.csv").read_text().splitlines()) == 1 + 3


def test_fewer_steps_than_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        crash_in(patch, Stage, "training_step", lambda stage: stage.global_step == 5)
        with pytest.raises(CrashError):
            run(tmp_path, *SEGMENTER)
    run(tmp_path, *SEGMENTER, "max_steps=2")
    assert read_json(only_run(tmp_path) / "metrics.json")["steps"] == 4


def test_ctrl_c_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(self: Stage, batch: dict, batch_idx: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stage, "training_step", pressed)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, *SEGMENTER)
    finally:
        signal.signal(signal.SIGINT, before)  # Lightning ignores further ones
