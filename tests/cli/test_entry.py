"""The command line: overrides are understood, and errors are reported in one line."""

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mitosis.cli.compose import compose
from mitosis.cli.entry import PATIENCE
from mitosis.errors import InputError
from mitosis.run.name import Choices

COMMANDS = ("train", "propose", "evaluate", "predict", "pipeline", "convert", "prepare")
SHOWN = """
import io, runpy, sys, contextlib
from hydra.core.global_hydra import GlobalHydra
for command in sys.argv[1].split(","):
    settings = {"train": [["--cfg", "job", "data=gzmh"]], "predict": [["--cfg", "job"]]}
    for arguments in (["--help"], *settings.get(command, [])):
        GlobalHydra.instance().clear()
        sys.argv = [command, *arguments]
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
            runpy.run_module(f"mitosis.{command}", run_name="__main__")
        print(f"@ {command} {arguments[0]}\\n{out.getvalue()}")
print("torch" in sys.modules, "lightning" in sys.modules)
"""


def test_help_and_settings_are_shown_without_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SHOWN, ",".join(COMMANDS)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False False"
    shown = dict(text.split("\n", 1) for text in done.stdout.split("@ ")[1:])
    assert shown.keys() == {*(f"{command} --help" for command in COMMANDS), "train --cfg", "predict --cfg"}
    assert all("runs: runs\n" in text for text in shown.values())
    assert all(f"python -m mitosis.{command} " in shown[f"{command} --help"] for command in COMMANDS)
    assert "model: convnextv2_atto, deeplabv3plus, densenet201, " in shown["train --help"]
    assert "data: amida13, ccmct, cmc, folder, gzmh, " in shown["pipeline --help"]
    assert "model:" not in shown["predict --help"]
    assert "point: balanced     # of weights: balanced | high_recall | high_precision" in shown["predict --help"]
    assert "fold: official       # official | 0…4" in shown["train --help"]
    assert "all keys, with those of the groups (data=synthetic):" in shown["train --help"]
    assert "_target_: mitosis.data.GZMH" in shown["train --cfg"]


@pytest.fixture
def heard(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[dict[str, Any], Choices]]]:
    """``heard("data=…", …)``: the arguments of ``mitosis.train``'s task, run by run."""

    def run(*arguments: str) -> list[tuple[dict[str, Any], Choices]]:
        runs: list[tuple[dict[str, Any], Choices]] = []
        monkeypatch.setattr("mitosis.train.train", lambda config, choices: runs.append((config, choices)))
        ended = cli("train", *arguments)
        assert ended.code == 0, ended.err
        return runs

    return run


def test_the_task_gets_plain_data_as_compose_gives_it(heard: Callable) -> None:
    arguments = ["data=synthetic", "budget=smoke", "loss.alpha=0.4", "fold=1"]
    ((config, choices),) = heard(*arguments)
    assert type(config) is type(config["budget"]) is dict
    assert type(config["budget"]["widths"]) is list
    assert (config, choices) == compose("train", arguments)


def test_a_sweep_with_its_flag_in_the_middle(heard: Callable, tmp_path: Path) -> None:
    runs = heard("model=scmitosis_seg", "data=synthetic", "--multirun", "fold=0,1", "optimizer.lr=1e-4,1e-3")
    assert [(config["fold"], choices.variant) for config, choices in runs] == [
        (0, "default"),
        (0, "optimizer.lr-0.001"),
        (1, "default"),
        (1, "optimizer.lr-0.001"),
    ]
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files <= {"runs/.sweep/multirun.yaml"}  # no log, no folder with a clock


def test_an_experiment_starts_its_own_sweep(heard: Callable) -> None:
    runs = heard("experiment=unet_mitosis", "data=synthetic", "fold=2")
    assert [choices.words["augment"] for _, choices in runs] == ["unet_mitosis", "none"]
    assert {config["fold"] for config, _ in runs} == {2}
    assert all(choices.variant.endswith("experiment-unet_mitosis") for _, choices in runs)


def test_keys_can_be_added_and_removed(heard: Callable) -> None:
    ((config, choices),) = heard("data=synthetic", "+loss.more=1", "~optimizer.weight_decay", "~logger")
    assert config["loss"]["more"] == 1
    assert config["optimizer"].keys() == {"_target_", "_partial_", "lr"}
    assert choices.variant == "loss.more-1,optimizer.weight_decay-None"


@pytest.mark.parametrize("path", ["a (1)/ü,b=c", "[2]", "O'Neil", "~/$HOME", "back\\"])
def test_a_path_arrives_as_typed(heard: Callable, path: str) -> None:
    ((config, _),) = heard(
        "data=icpr2012", f"data.root={path}", f"runs={path}", f"init={path}", "segmenter=[x,O'Neil (2)]"
    )
    at_home = path.replace("~", os.path.expanduser("~"))
    assert (config["data"]["root"], config["runs"], config["init"]) == (at_home, at_home, at_home)
    assert config["segmenter"] == ["x", "O'Neil (2)"]


def test_a_users_own_loss_is_accepted(
    heard: Callable, tmp_path: Path, cli: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.py").write_text(
        "from torch import nn\n"
        "class Own(nn.Module):\n"
        "    def __init__(self, gamma):\n"
        "        super().__init__()\n"
        "        self.gamma = gamma\n"
    )
    (tmp_path / "my conf" / "loss").mkdir(parents=True)
    (tmp_path / "my conf" / "loss" / "own.yaml").write_text("_target_: mine.own.Own\ngamma: 2.0\n")
    arguments = ["--config-dir", str(tmp_path / "my conf"), "data=synthetic", "loss=own", "loss.gamma=3"]
    ((config, choices),) = heard(*arguments)
    assert choices.variant == "loss-own,loss.gamma-3"
    from mitosis.run.build import build

    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="MITOSIS_TRUST"):
        build(config["loss"], "loss")
    monkeypatch.setenv("MITOSIS_TRUST", "mine")
    assert build(config["loss"], "loss").gamma == 3
    ended = cli("train", *arguments[:3], "loss=onw")
    assert "focal_tversky, own, tversky" in ended.err


def test_each_folder_of_yamls_is_compared_with_its_own(heard: Callable, tmp_path: Path) -> None:
    for alpha in (0.2, 0.4):
        (tmp_path / str(alpha) / "loss").mkdir(parents=True)
        yaml = f"_target_: mitosis.loss.BCETversky\nalpha: {alpha}\n"
        (tmp_path / str(alpha) / "loss" / "own.yaml").write_text(yaml)
        ((config, choices),) = heard("--config-dir", str(tmp_path / str(alpha)), "data=synthetic", "loss=own")
        assert (config["loss"]["alpha"], choices.variant) == (alpha, "loss-own")


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
