"""Compiling the training step: when it pays, that it changes nothing else, and that its failure costs one line."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from refused import refused
from tiny import only_run
from torch import nn

from mitosis.cli.compose import compose
from mitosis.files import read_json
from mitosis.run.assembly import build_stage
from mitosis.run.checkpoint import read
from mitosis.run.settings import TrainingSettings
from mitosis.train import train
from mitosis.training.compiling import PAYS_FROM, operations, pays

# 3 epochs of 2 steps. Without eps, Adam blows rounding up to whole steps where a gradient is zero.
DRAWN = ["model=unet_mitosis", "model.widths=[4,4,4]", "model.dropout=0", "optimizer.lr=1e-3", "+optimizer.eps=0.1"]
DRAWN += ["data=synthetic", "budget=smoke", "fold=0", "data.size=128", "data.batch_size=4", "data.samples_per_epoch=8"]
DRAWN += ["max_steps=6", "trainer=exact"]


def weights_of(folder: Path, *overrides: str) -> dict[str, Any]:
    """Train under ``folder``; returns the last checkpoint."""
    config, choices = compose("train", [*DRAWN, *overrides])
    train(config | {"runs": str(folder)}, choices)
    return read(only_run(folder) / "checkpoints" / "last.ckpt")


def compiled_in(folder: Path) -> bool:
    return read_json(only_run(folder) / "metrics.json")["compiled"]


def differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[float]:
    assert one["state_dict"].keys() == other["state_dict"].keys()
    for name, value in one["state_dict"].items():
        yield float((value.double() - other["state_dict"][name].double()).abs().max())


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything of ``torch.compile`` but the C++ compiler, which takes most of the time."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))


def test_operations_by_hand() -> None:
    """A 3×3 convolution from 3 to 8 channels takes 27 products and sums for each of 8 values of 16 pixels."""
    assert operations(nn.Conv2d(3, 8, 3, padding=1), torch.zeros(5, 3, 4, 4)) == 3 * 5 * 2 * 27 * 8 * 16


def test_counting_leaves_the_network_as_it_is() -> None:
    network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    operations(network, torch.ones(2, 3, 4, 4))
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_it_pays_for_long_trainings_only() -> None:
    stage = build_stage(compose("train", DRAWN)[0])
    batch = {"image": torch.zeros(4, 3, 64, 64)}
    steps = PAYS_FROM["cpu"] / operations(stage.model, batch["image"])
    assert not pays(stage, batch, int(steps))
    assert pays(stage, batch, int(steps) + 1)


def test_it_is_not_claimed_to_pay_where_it_was_not_measured() -> None:
    stage = build_stage(compose("train", DRAWN)[0]).to("meta")
    assert not pays(stage, {"image": torch.zeros(4, 3, 64, 64, device="meta")}, 10**12)


@pytest.mark.usefixtures("traced")
def test_it_changes_nothing_but_rounding(tmp_path: Path) -> None:
    plain = weights_of(tmp_path / "plain", "compile=false", "ema=0.9")
    compiled = weights_of(tmp_path / "compiled", "compile=true", "ema=0.9")
    assert not compiled_in(tmp_path / "plain")
    assert compiled_in(tmp_path / "compiled")
    assert max(differences(plain, compiled)) < 1e-5
    assert plain["recipe"] == compiled["recipe"]


@pytest.mark.usefixtures("traced")
def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole = weights_of(tmp_path / "whole", "compile=true", "scheduler=constant")
    weights_of(tmp_path / "parts", "compile=true", "scheduler=constant", "max_steps=2")
    parts = weights_of(tmp_path / "parts", "compile=true", "scheduler=constant")
    assert max(differences(whole, parts)) == 0


@pytest.mark.usefixtures("traced")
def test_a_compiled_run_goes_on_without(tmp_path: Path) -> None:
    weights_of(tmp_path, "compile=true", "max_steps=2")
    assert weights_of(tmp_path, "compile=false")["global_step"] == 6
    assert not compiled_in(tmp_path)


def test_a_short_training_is_not_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", None)
    weights_of(tmp_path)
    assert not compiled_in(tmp_path)


@pytest.mark.parametrize(
    ("trainer", "wanted", "then"),
    [("auto", "auto", "auto"), ("exact", "auto", False), ("exact", True, True), ("auto", False, False)],
)
def test_a_training_that_must_be_exact_is_compiled_on_demand_only(trainer: str, wanted: Any, then: Any) -> None:
    config, _ = compose("train", [*DRAWN, f"trainer={trainer}"])
    assert TrainingSettings.of(config | {"compile": wanted}).compiled == then


def refuses(*_: Any, **__: Any) -> Callable[..., Any]:
    def answer(image: torch.Tensor) -> torch.Tensor:
        torch.rand(3)
        raise RuntimeError("\nno C++ compiler\nTraceback")

    return answer


def test_a_compiler_that_fails_costs_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = weights_of(tmp_path / "plain", "compile=false")
    monkeypatch.setattr(torch, "compile", refuses)
    failed = weights_of(tmp_path / "failed", "compile=true")
    assert "the training step is not compiled (no C++ compiler); training goes on without" in capsys.readouterr().err
    assert not compiled_in(tmp_path / "failed")
    assert max(differences(plain, failed)) == 0


@pytest.mark.parametrize("value", ["maybe", 1, None])
def test_other_words_are_refused(value: Any) -> None:
    config, _ = compose("train", DRAWN)
    message = refused(lambda: TrainingSettings.of(config | {"compile": value}))
    assert message == f"compile={value}: type compile=auto, compile=true or compile=false"


@pytest.mark.slow
def test_with_the_real_compiler(tmp_path: Path) -> None:
    plain = weights_of(tmp_path / "plain", "compile=false")
    compiled = weights_of(tmp_path / "compiled", "compile=true")
    assert compiled_in(tmp_path / "compiled")
    assert max(differences(plain, compiled)) < 1e-4
