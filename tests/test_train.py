"""One training run: the files it writes, what it refuses, and what survives a failure."""

import errno
import gc
import json
import math
import os
import random
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tiny import TINY, only_run

from mitosis.cli.compose import compose
from mitosis.files import read_json
from mitosis.run import assembly
from mitosis.run.checkpoint import read, write
from mitosis.run.folder import locked
from mitosis.stage.segmentation import SegmentationStage
from mitosis.train import train
from mitosis.training.trainer import RunTrainer

Cli = Callable[..., Any]

# An epoch has 2 steps.
DRAWN = [*TINY, "data=synthetic", "data.size=128", "data.samples_per_epoch=8", "max_steps=4", "trainer=exact"]
ONE = [*DRAWN, "fold=0"]


def failed(ended: Any) -> str:
    """The error line of a command that failed with a user error."""
    assert ended.code == 1, ended
    (line,) = ended.err.strip().splitlines()
    assert line.startswith("mitosis: ")
    return line


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("trained") / "runs"
    config, choices = compose("train", ONE)
    train(config | {"runs": str(runs)}, choices)
    return runs


@pytest.fixture
def done(trained: Path, tmp_path: Path) -> Path:
    """A finished run of fold 0, under ``runs`` where commands are run."""
    shutil.copytree(trained, tmp_path / "runs")
    return only_run(tmp_path / "runs")


def test_writes_complete_plain_files(done: Path) -> None:
    metrics = read_json(done / "metrics.json")
    assert metrics["steps"] == 4
    assert metrics["fields"] == {"train": 2, "val": 2, "test": 2}
    assert (done / "metrics.csv").read_text().startswith("epoch,step,lr,")
    rows = (done / "metrics.csv").read_text().splitlines()[1:]
    assert [row.split(",")[:2] for row in rows] == [["0", "2"], ["1", "4"]]
    assert not list(done.rglob(".*.part"))
    for name in ("last", "best"):
        checkpoint = torch.load(done / "checkpoints" / f"{name}.ckpt", weights_only=True)
        assert checkpoint["recipe"] == yaml.safe_load((done / "recipe.yaml").read_text())
        assert checkpoint["mpp"] == 0.25
        assert checkpoint["inputs"] == {}
        assert not [text for text in strings(checkpoint) if text.startswith(("/", "\\")) or os.getcwd() in text]


def strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for pair in node.items() for value in pair for text in strings(value)]
    if isinstance(node, list | tuple | set):
        return [text for value in node for text in strings(value)]
    return [node] if isinstance(node, str) else []


def test_a_finished_run_does_nothing(cli: Cli, done: Path) -> None:
    before = times(done)
    ended = cli("train", *ONE)
    assert ended.code == 0
    assert "is finished (4 steps); nothing to do" in ended.out
    assert before.keys() == times(done).keys()
    changed = {path.name for path, time in times(done).items() if before[path] != time}
    assert changed <= {"local.yaml", ".lock"}  # where the data lies now; the lock


def test_a_finished_run_is_trained_anew_if_its_labels_changed(cli: Cli, done: Path) -> None:
    metrics = read_json(done / "metrics.json")
    assert len(metrics["labels"]) == 64
    (done / "metrics.json").write_text(json.dumps(metrics | {"labels": "0" * 64}))
    for name in ("last", "best"):
        path = done / "checkpoints" / f"{name}.ckpt"
        assert read(path)["labels"] == metrics["labels"]
        write(read(path) | {"labels": "0" * 64}, path)
    ended = cli("train", *ONE)
    assert "its labels changed; training starts over" in ended.out
    assert "epoch 0 " in ended.out
    assert read_json(done / "metrics.json")["labels"] == metrics["labels"]


def test_a_finished_run_of_another_precision_says_so(cli: Cli, done: Path) -> None:
    out = cli("train", *ONE, "trainer.precision=bf16-mixed").out
    assert "nothing to do, but it was trained in 32-true; for trainer.precision=bf16-mixed choose another folder" in out


def test_more_steps_continue_the_run(cli: Cli, done: Path) -> None:
    ended = cli("train", *ONE, "max_steps=8", "logger=tensorboard")
    assert ended.code == 0
    assert "epoch 2  step 6" in ended.out
    assert "epoch 1 " not in ended.out
    assert len(list((done / "tensorboard").glob("events.*"))) == 1
    assert read_json(done / "metrics.json")["steps"] == 8
    assert read(done / "checkpoints" / "last.ckpt")["global_step"] == 8
    assert len((done / "metrics.csv").read_text().splitlines()) == 1 + 4


def test_another_recipe_is_refused(cli: Cli, done: Path) -> None:
    recipe = yaml.safe_load((done / "recipe.yaml").read_text())
    recipe["optimizer"]["lr"] = 0.5
    (done / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    before = times(done)
    line = failed(cli("train", *ONE, "max_steps=8"))
    assert str(done.name) in line
    assert "optimizer.lr is 0.5 there, 0.003 here" in line
    assert times(done) == before


def test_a_folder_in_use_is_refused(cli: Cli, done: Path) -> None:
    with locked(done):
        assert "another process is working in this run folder" in failed(cli("train", *ONE, "max_steps=8"))


@pytest.mark.parametrize("lost", ["loss", "weights"])
def test_a_non_finite_loss_keeps_the_last_good_checkpoint(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    original = SegmentationStage.batch_loss

    def batch_loss(self: SegmentationStage, batch: dict) -> torch.Tensor:
        loss = original(self, batch)
        if lost == "loss":
            return loss * (math.nan if self.global_step == 2 else 1)
        if self.global_step == 3:  # the epoch's last: the loss is finite, its gradient is not
            next(self.model.parameters()).register_hook(lambda gradient: gradient * math.nan)
        return loss

    monkeypatch.setattr(SegmentationStage, "batch_loss", batch_loss)
    line = failed(cli("train", *ONE, "val_every=3"))
    assert f"the {'loss' if lost == 'loss' else 'weight '}" in line
    assert "became nan or infinite" in line
    assert "the last good checkpoint is kept" in line
    assert "optimizer.lr" in line
    checkpoint = read(only_run(tmp_path / "runs") / "checkpoints" / "last.ckpt")
    assert checkpoint["global_step"] == 2
    assert all(torch.isfinite(value).all() for value in checkpoint["state_dict"].values())


def test_a_lost_process_is_reported(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: Any, **__: Any) -> None:
        raise RuntimeError("[/torch/gloo/tcp/pair.cc:5] Connection closed by peer. This is typically caused by …")

    monkeypatch.setattr(RunTrainer, "fit", lose)
    line = failed(cli("train", *ONE))
    assert "a process of this run lost another one (gloo/tcp/pair.cc:5] Connection closed by peer); the same" in line


def test_too_high_a_learning_rate_is_reported(cli: Cli) -> None:
    assert "became nan or infinite" in failed(cli("train", *ONE, "optimizer.lr=1e30"))


def test_a_full_disk_keeps_the_previous_checkpoint(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved, replace = [], os.replace

    def full(source: str, target: Any) -> None:
        if Path(target).name == "last.ckpt":
            saved.append(target)
            if len(saved) == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        line = failed(cli("train", *ONE))
    assert "last.ckpt" in line
    assert "No space left on device" in line
    run = only_run(tmp_path / "runs")
    assert read(run / "checkpoints" / "last.ckpt")["global_step"] == 2
    assert not list(run.rglob(".*.part"))
    assert cli("train", *ONE).code == 0
    assert read(run / "checkpoints" / "last.ckpt")["global_step"] == 4


def test_init_loads_the_weights(cli: Cli, done: Path, tmp_path: Path) -> None:
    ended = cli("train", *ONE, f"init={done}", "optimizer.lr=0.0", "max_steps=2", "runs=other")
    assert ended.code == 0, ended
    have = read(only_run(tmp_path / "other") / "checkpoints" / "last.ckpt")
    want = read(done / "checkpoints" / "best.ckpt")["state_dict"]
    learned = [name for name in want if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))]
    assert learned
    assert all(torch.equal(have["state_dict"][name], want[name]) for name in learned)
    assert have["global_step"] == 2
    assert not [text for text in strings(have) if text.startswith("/")]


def test_init_weights_that_do_not_fit_are_refused(cli: Cli, done: Path, tmp_path: Path) -> None:
    assert "do not fit this model" in failed(cli("train", *ONE, f"init={done}", "model.encoder=conv"))
    torch.save({"weights": torch.zeros(1)}, tmp_path / "foreign.ckpt")
    assert "foreign.ckpt" in failed(cli("train", *ONE, "init=foreign.ckpt"))
    (tmp_path / "broken.ckpt").write_bytes(b"PK\x03\x04 cut off")
    assert "broken.ckpt" in failed(cli("train", *ONE, "init=broken.ckpt"))
    assert "nowhere" in failed(cli("train", *ONE, "init=nowhere"))


@pytest.mark.parametrize("state", ["broken", "missing"])
def test_without_its_last_checkpoint_a_run_goes_on_from_the_best(cli: Cli, done: Path, state: str) -> None:
    last, best = (done / "checkpoints" / f"{name}.ckpt" for name in ("last", "best"))
    step = read(best)["global_step"]
    last.write_bytes(last.read_bytes()[:1000]) if state == "broken" else last.unlink()
    ended = cli("train", *ONE, "max_steps=8")
    assert ended.code == 0, ended
    assert f"last.ckpt is {state}; training goes on from best.ckpt, step {step}" in ended.out
    assert read(last)["global_step"] == 8
    assert "epoch 0 " not in ended.out


def test_broken_checkpoints_are_named_and_kept(cli: Cli, done: Path) -> None:
    paths = [done / "checkpoints" / f"{name}.ckpt" for name in ("last", "best")]
    for path in paths:
        path.write_bytes(path.read_bytes()[:1000])
    line = failed(cli("train", *ONE, "max_steps=8"))
    assert "last.ckpt is not a readable checkpoint" in line
    assert "remove it" in line
    assert all(path.stat().st_size == 1000 for path in paths)


def test_a_run_without_its_best_checkpoint_is_not_finished(cli: Cli, done: Path) -> None:
    last, best = (done / "checkpoints" / f"{name}.ckpt" for name in ("last", "best"))
    best.unlink()
    ended = cli("train", *ONE)
    assert ended.code == 0, ended
    assert "best.ckpt is missing; last.ckpt takes its place" in ended.out
    assert read(best)["global_step"] == read(last)["global_step"] == 4
    rows = (done / "metrics.csv").read_text().splitlines()
    last_row = dict(zip(rows[0].split(","), rows[-1].split(","), strict=True))
    assert read_json(done / "metrics.json")["val"]["ap"] == pytest.approx(float(last_row["val/ap"]))
    assert "nothing to do" in cli("train", *ONE).out


def test_an_epoch_without_a_full_batch_is_refused(cli: Cli) -> None:
    assert "data.samples_per_epoch" in failed(cli("train", *ONE, "data.samples_per_epoch=3"))


def test_each_sweep_job_has_its_own_folder(cli: Cli, tmp_path: Path) -> None:
    ended = cli("train", "--multirun", *DRAWN, "fold=0,1")
    assert ended.code == 0, ended
    runs = sorted(path.parent for path in (tmp_path / "runs").rglob("metrics.json"))
    assert [run.name for run in runs] == ["fold-0", "fold-1"]
    assert runs[0].parent == runs[1].parent
    assert [yaml.safe_load((run / "recipe.yaml").read_text())["fold"] for run in runs] == [0, 1]


def test_gives_a_float_and_frees_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref] = []
    original = assembly.build_stage

    def build_stage(*args: Any) -> Any:
        assert not [ref for ref in made if ref() is not None], "the previous job's network is still in memory"
        stage = original(*args)
        made.append(weakref.ref(stage))
        return stage

    monkeypatch.setattr(assembly, "build_stage", build_stage)
    for fold in (0, 1):
        config, choices = compose("train", [*DRAWN, f"fold={fold}", f"runs={tmp_path}"])
        assert type(train(config, choices)) is float
    assert len(made) == 2
    gc.collect()
    assert made[1]() is None


def test_the_seed_determines_the_run(cli: Cli, tmp_path: Path) -> None:
    for runs in ("one", "other"):
        random.seed(runs)
        torch.manual_seed(len(runs))
        assert cli("train", *ONE, f"runs={runs}").code == 0
    one, other = (
        read(only_run(tmp_path / runs) / "checkpoints" / "last.ckpt")["state_dict"] for runs in ("one", "other")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_users_own_fold_lists_are_copied_to_the_run(cli: Cli, tmp_path: Path) -> None:
    names = [f"case{case:02d}_{index}" for case in range(3) for index in range(2)]
    own = tmp_path / "my lists.csv"
    rows = [f"0,{part},{name}\n" for part, name in zip(("train",) * 3 + ("val", "val", "test"), names, strict=True)]
    own.write_text("fold,part,field,group\n" + "".join(f"{row.strip()},field\n" for row in rows))
    given = ("train", *ONE, "data.cases=3", "data.fields_per_case=2", f"data.folds={own}", "max_steps=2")
    assert cli(*given).code == 0
    run = only_run(tmp_path / "runs")
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    assert (run / recipe["data"]["folds"]).read_text() == own.read_text()
    for kept in (recipe, read(run / "checkpoints" / "last.ckpt")["recipe"]):
        assert str(tmp_path) not in str(kept)
    own.write_text(own.read_text().replace("val", "test"))
    ended = cli("propose", f"segmenter={run}")  # by the run's copy
    assert ended.code == 0, ended
    assert "no field is left for val" in failed(cli(*given))  # other lists, another run
    own.unlink()
    assert f"data.folds={own}: no such file" in failed(cli(*given))


def test_candidates_of_other_fields_are_refused(done: Path, cli: Cli) -> None:
    (done / "candidates.csv").write_text("field\n")
    given = ("train", "model=resnet18", "model.pretrained=false", "data=synthetic", "budget=smoke", "fold=0")
    given += ("data.size=256", "stain=none", f"segmenter={done}")
    assert "is of data.size=128, not 256; set both alike" in failed(cli(*given))
