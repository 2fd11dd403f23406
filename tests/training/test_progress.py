"""A run goes on in the precision that it began with, or says that it does not."""

from pathlib import Path
from typing import Any

import pytest
from tiny import TINY, only_run

from mitosis.cli.compose import compose
from mitosis.files import read_json
from mitosis.run.checkpoint import read, write
from mitosis.train import train
from mitosis.training import trainer
from mitosis.training.progress import Progress, automatic, precision_of

# 2 steps an epoch.
DRAWN = [*TINY, "data=synthetic", "fold=0", "data.size=128", "data.samples_per_epoch=8", "trainer=cpu"]


def run(folder: Path, *overrides: str) -> Path:
    config, choices = compose("train", [*DRAWN, *overrides])
    train(config | {"runs": str(folder)}, choices)
    return only_run(folder)


def told(run: Path) -> tuple[str, str]:
    """The precision as stored in the checkpoint and in the result."""
    return read(run / "checkpoints" / "last.ckpt")["precision"], read_json(run / "metrics.json")["hardware"]


@pytest.mark.parametrize(
    ("fast", "begun", "expected"),
    [
        ("bf16-mixed", None, "bf16-mixed"),
        ("32-true", None, "32-true"),
        ("bf16-mixed", "bf16-mixed", "bf16-mixed"),
        ("bf16-mixed", "32-true", "32-true"),
        ("32-true", "32-true", "32-true"),
        ("32-true", "bf16-mixed", "32-true"),  # it would be emulated
        ("bf16-mixed", "16-mixed", "bf16-mixed"),
    ],
)
def test_what_auto_stands_for(fast: str, begun: str | None, expected: str) -> None:
    assert automatic(fast, begun) == expected


def test_a_change_of_precision_is_said() -> None:
    assert Progress().change("32-true") == Progress(1, 4, "32-true").change("32-true") == ""
    assert Progress(1, 4, "bf16-mixed").change("32-true") == " (until step 4 in bf16-mixed)"


@pytest.mark.parametrize("gpu", ["bf16-mixed", "32-true"])
def test_earlier_versions_trained_in_32_bits_except_on_a_gpu(monkeypatch: pytest.MonkeyPatch, gpu: str) -> None:
    monkeypatch.setattr("mitosis.training.progress.fast_precision", {"cuda": gpu, "cpu": "bf16-mixed"}.__getitem__)
    assert precision_of({"random": {"torch": 0}}) == precision_of({}) == "32-true"
    assert precision_of({"random": {"torch": 0, "cuda": []}}) == gpu
    assert precision_of({"random": {"torch": 0}, "precision": "64-true"}) == "64-true"


@pytest.mark.slow
def test_each_training_says_its_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def said() -> str:
        (line,) = [line for line in capsys.readouterr().out.splitlines() if "threads" in line]
        return line.partition("threads, ")[2]

    def of_machine(fast: str) -> None:
        monkeypatch.setattr(trainer, "fast_precision", lambda device: fast)

    of_machine("32-true")
    folder = run(tmp_path, "max_steps=2")
    assert said() == "32-true"
    of_machine("bf16-mixed")
    last = folder / "checkpoints" / "last.ckpt"
    write({key: value for key, value in read(last).items() if key != "precision"}, last)  # of an earlier version
    run(tmp_path, "max_steps=4")
    assert (said(), told(folder)[0]) == ("32-true", "32-true")
    run(tmp_path, "max_steps=6", "trainer.precision=bf16-mixed")
    assert said() == "bf16-mixed (until step 4 in 32-true)"
    assert told(folder)[0] == "bf16-mixed"
    assert told(folder)[1].endswith(" threads, bf16-mixed")
    run(tmp_path, "max_steps=8")
    assert said() == "bf16-mixed"
    run(tmp_path, "max_steps=10", "trainer=exact")
    assert said() == "32-true (until step 8 in bf16-mixed)"


@pytest.mark.slow
def test_a_run_in_bfloat16_goes_on_to_the_bit(tmp_path: Path) -> None:
    mixed = "trainer.precision=bf16-mixed"
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(whole, mixed, "max_steps=4", "scheduler=constant")
    for steps in (2, 4):
        run(parts, mixed, f"max_steps={steps}", "scheduler=constant")
    one, other = (read(only_run(path) / "checkpoints" / "last.ckpt")["state_dict"] for path in (whole, parts))
    different: list[Any] = [name for name in one if not one[name].equal(other[name])]
    assert different == []
