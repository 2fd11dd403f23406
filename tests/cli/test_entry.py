"""The command line: overrides are understood, and errors are reported in one line."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mitosis.cli.compose import compose
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
