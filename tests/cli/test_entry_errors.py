"""Errors at the entry of a command: one line each, and a traceback for a bug."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mitosis.cli.entry import PATIENCE
from mitosis.errors import InputError
from mitosis.run.name import Choices

ROW, SMALL = "data=synthetic", "data.size=128"


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("train", [ROW, "optimiser.lr=1"], "optimiser.lr: there is no such key; did you mean optimizer.lr=…?"),
        ("train", [ROW, "data.root=/x"], "data.root: there is no such key with these choices"),
        ("train", [ROW, "~nonsense"], "nonsense"),
        ("train", [ROW, "model=resnet35"], "model=resnet35: no such choice; type model= with one of convnextv2_atto, "),
        ("train", ["data=syn"], "data=syn: no such choice; type data= with one of amida13, ccmct, cmc, folder, gzmh, "),
        ("train", [ROW, "model.widths=[1"], "model.widths=[1: "),
        ("train", [ROW, "seed"], "seed: type seed=VALUE"),
        ("train", [ROW, "seed=${nonsense}"], "nonsense"),
        ("train", [ROW, "seed=${a"], "${a"),
        ("train", [], "data is not chosen; type data= with one of amida13, ccmct, cmc, folder, gzmh, "),
        ("train", [ROW, "--fold", "3"], "--fold"),
        (
            "train",
            [ROW, "experiment=table2", "fold=0", "ablation=full"],
            "experiment=table2 is of both stages; type pyt",
        ),
        ("train", [ROW, "ablation=null"], "ablation=null: type ablation= with one of dsc_cbam, "),
        ("train", [ROW, "~model"], "model is not chosen"),
        ("train", [ROW, "~loss"], "loss is not chosen"),
        ("train", [ROW, "~trainer"], "trainer is not chosen"),
        (
            "train",
            [ROW, "hydra/launcher=x"],
            "hydra/launcher=x: no such choice; type hydra/launcher= with one of basic",
        ),
        (
            "train",
            [ROW, "trainer.accumulate_grad_batches=-1"],
            "trainer.accumulate_grad_batches=-1: give a whole number",
        ),
        ("train", [ROW, "max_steps=many"], "max_steps=many: give a number"),
        ("train", [ROW, "optimizer.lr=null"], "optimizer.lr=None: give a number"),
        ("train", [ROW, "max_steps=0"], "max_steps=0: give a whole number, 1 or more"),
        ("train", [ROW, "data.batch_size=0"], "data.batch_size=0"),
        ("train", [ROW, "val_every=0"], "val_every=0"),
        ("train", [ROW, "seed=1.5"], "seed=1.5"),
        ("train", [ROW, "candidates=x"], "candidates is called segmenter now; type segmenter=…"),
        ("propose", ["segment=x"], "segment is called segmenter now; type segmenter=…"),
        ("predict", ["classify=runs/a-1,b-2/fold-0"], "classify is called classifier now; type classifier=…"),
        ("evaluate", ["classify=x"], "classify is called classifier now; type classifier=…"),
        ("train", [ROW, "model=resnet34", "ablation=dsc_cbam"], "ablation=dsc_cbam is for model=scmitosis_seg"),
        ("train", [ROW, "model=resnet34"], "segmenter is not set; type segmenter=RUN"),
        ("train", [ROW, "segmenter=x"], "segmenter=… is for stage two; choose a classifier such as model=resnet34"),
        ("train", [ROW, "model=resnet34", "segmenter=x"], "x is not a run folder: it has no recipe.yaml"),
        ("propose", [], "segmenter is not set; type segmenter=…"),
        ("propose", ["segmenter=nowhere"], "segmenter=nowhere: no such folder"),
        ("evaluate", ["segmenter=nowhere"], "segmenter=nowhere: no such folder"),
        ("predict", ["output=o", "mpp=1", "segmenter=s"], "input is not set"),
        ("predict", ["input=x", "output=o", "mpp=1", "segmenter=s"], "input=x: no such file or folder"),
        ("pipeline", [], "data is not chosen"),
        ("pipeline", [ROW, "model=resnet34"], "type segmenter.model=… or classifier.model=…"),
        ("pipeline", [ROW, "loss=cross_entropy"], "segmenter.set=[loss=…] or classifier.set=[loss=…]"),
        ("pipeline", [ROW, "segmenter.model=resnet34"], "segmenter.model=resnet34 is a classifier"),
        ("pipeline", [ROW, "segmenter.set=[optimiser.lr=1]"], "did you mean optimizer.lr"),
        ("pipeline", [ROW, "crossfit=3"], "crossfit=3: type crossfit=2 or crossfit=none"),
        # Torch is loaded from here on.
        ("train", ["data=icpr2012"], "data.root=DIR is not set"),
        ("train", ["data=icpr2012", "data.root=/nowhere (1)"], "data.root=/nowhere (1): no such folder"),
        ("train", [ROW, SMALL, "fold=7"], "fold=7: there is no such fold; choose 0, 1, 2, 3, 4, official, all"),
        ("train", [ROW, SMALL, "loss._target_=mitosis.loss.Nothing"], "_target_: there is no mitosis.loss.Nothing"),
        ("train", [ROW, SMALL, "model._target_=os.system"], "os.system may not be built"),
        ("train", [ROW, SMALL, "model._target_=torch.hub.load"], "torch.hub.load may not be built"),
        (
            "train",
            [ROW, SMALL, "stain._target_=mitosis.run.build.os.system"],
            "build.os.system may not be built as stain",
        ),
        ("train", [ROW, SMALL, "+loss.nonsense=1"], "nonsense"),
        ("train", [ROW, SMALL, "+optimizer.nonsense=1"], "nonsense"),
        ("train", [ROW, SMALL, "budget.widths=[2,2,2,2]", "trainer=cpu", "trainer.devices=0"], "devices"),
    ],
)
def test_a_user_error_is_reported_in_one_line(cli: Callable, command: str, arguments: list[str], said: str) -> None:
    ended = cli(command, *arguments)
    assert said in ended.err
    assert re.fullmatch(r"mitosis: [^\n]+\n", ended.err)
    assert ended.code == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/last.ckpt"), "runs/last.ckpt: No space left on device"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (OSError(errno.EACCES, os.strerror(errno.EACCES), "/runs"), "/runs: Permission denied"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "/runs"), "/runs: Read-only file system"),
        (InputError("two\nlines"), "two lines"),
    ],
)
def test_a_system_error_is_reported_in_one_line(
    cli: Callable, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(config: dict[str, Any], choices: Choices) -> None:
        raise error

    monkeypatch.setattr("mitosis.propose.propose", fail)
    ended = cli("propose", "segmenter=x")
    assert (ended.code, ended.out) == (1, "")
    assert re.fullmatch(rf"mitosis: .*{said}\n", ended.err)


def test_other_ranks_are_silent(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("mitosis.cli.entry.time.sleep", waited.append)
    monkeypatch.setattr("mitosis.train.train", lambda config, choices: print("said"))
    assert cli("train", ROW, "trainer.devices=2").out == "said\n"
    assert not waited
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert cli("train", ROW, "trainer.devices=2").out == ""
    assert cli("train", ROW).out == "said\n"  # a run of its own
    ended = cli("train", ROW, "optimiser.lr=1", "trainer.devices=2")
    assert ended.code == 1
    assert "did you mean optimizer.lr" in ended.err
    assert waited == [PATIENCE]


def test_a_bug_keeps_its_traceback(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (ZeroDivisionError, ConnectionError):

        def fail(config: dict[str, Any], choices: Choices, kind: type[Exception] = kind) -> None:
            raise kind

        monkeypatch.setattr("mitosis.propose.propose", fail)
        with pytest.raises(kind):
            cli("propose", "segmenter=x")


def test_an_interrupt_prints_the_command_to_resume(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(config: dict[str, Any], choices: Choices) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mitosis.propose.propose", stop)
    ended = cli("propose", "segmenter=x")
    assert (ended.code, ended.err.count("\n")) == (130, 1)


def test_a_folder_that_cannot_be_created_is_reported(cli: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = cli("train", ROW, "runs=file")
    assert ended.code == 1
    assert re.fullmatch(r"mitosis: file[^\n]*: Not a directory\n", ended.err)


def test_all_jobs_of_a_sweep_run_and_each_failure_is_told(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def work(config: dict[str, Any], choices: Choices) -> float:
        if config["seed"] in (1, 3):
            raise InputError(f"seed {config['seed']} is unlucky")
        done.append(config["seed"])
        return 0.5

    monkeypatch.setattr("mitosis.train.train", work)
    ended = cli("train", "data=synthetic", "-m", "seed=1,2,3,4")
    assert done == [2, 4]
    assert ended.code == 1
    said = [f"mitosis: data=synthetic seed={seed}: seed {seed} is unlucky" for seed in (1, 3)]
    assert ended.err.splitlines() == said
    assert "MITOSIS_FAILURES" not in os.environ


def test_a_folder_that_was_removed_is_named(cli: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("mitosis.cli.entry.os.getcwd", gone)
    ended = cli("train", "data=synthetic")
    assert ended.err == "mitosis: the folder that this is typed in was removed; change to another one\n"


def test_a_long_temporary_folder_is_named(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mitosis.cli.entry.tempfile.gettempdir", lambda: "/" + "t" * 70)
    ended = cli("train", "data=synthetic")
    assert ended.code == 1
    assert "ttt has more than 70 bytes, too many for sockets; set a shorter one" in ended.err
