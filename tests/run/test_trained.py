"""A checkpoint rebuilds its network from its own recipe."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mitosis.errors import InputError
from mitosis.model.scmitosis import SCMitosisSeg
from mitosis.run.checkpoint import read, write
from mitosis.run.trained import checkpoint_of, choose, hash_of, load, weights_of
from mitosis.run.upgrade import upgrade

RECIPE = {
    "model": {"_target_": "mitosis.model.scmitosis.SCMitosisSeg", "widths": [4, 4, 8, 8]},
    "stain": {"_target_": "mitosis.stain.none.NoStain"},
}


@pytest.fixture(scope="module")
def net() -> SCMitosisSeg:
    torch.manual_seed(0)
    return SCMitosisSeg(widths=[4, 4, 8, 8])


@pytest.fixture
def content(net: SCMitosisSeg) -> dict[str, Any]:
    """A checkpoint as written by a training run."""
    state = {f"model.{name}": value for name, value in net.state_dict().items()} | {"loss.weight": torch.ones(2)}
    return {"state_dict": state, "recipe": copy.deepcopy(RECIPE), "mpp": 0.25, "global_step": 7}


@pytest.fixture
def run(tmp_path: Path, content: dict[str, Any]) -> Path:
    write(content, tmp_path / "checkpoints" / "best.ckpt")
    return tmp_path


def test_load_rebuilds_the_network(run: Path, net: SCMitosisSeg) -> None:
    trained = load(run)
    state = trained.model.state_dict()
    assert state.keys() == net.state_dict().keys()
    assert all(torch.equal(state[name], value) for name, value in net.state_dict().items())
    assert not trained.model.training
    assert all(not part.training for part in trained.model.modules())
    weights = [value for value in state.values() if value.ndim == 4 and min(value.shape[1:]) > 1]
    assert weights
    assert all(value.is_contiguous(memory_format=torch.channels_last) for value in weights)
    assert (trained.steps, trained.mpp, trained.chosen, trained.recipe) == (7, 0.25, {}, upgrade(RECIPE))
    assert trained.hash == hash_of(net.state_dict())
    image = np.full((4, 4, 3), 7, np.uint8)
    assert np.array_equal(trained.stain(image, "field"), image)
    assert load(run / "checkpoints" / "best.ckpt").hash == trained.hash == load(str(run)).hash


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(tmp_path: Path, content: dict[str, Any], number: float) -> None:
    name = next(name for name, value in content["state_dict"].items() if value.ndim == 4)
    content["state_dict"][name] = content["state_dict"][name].clone().index_fill_(0, torch.tensor(0), number)
    write(content, tmp_path / "checkpoints" / "best.ckpt")
    with pytest.raises(InputError, match=rf"best\.ckpt: its weight {name.removeprefix('model.')} is nan or infinite"):
        load(tmp_path)


def test_initial_weights_are_neither_read_nor_downloaded_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> None:
        raise AssertionError(given)

    monkeypatch.setattr("mitosis.model.lite_fpn.initial_weights", fail)
    checkpoint = read(run / "checkpoints" / "best.ckpt")
    checkpoint["recipe"]["model"] = {"_target_": "mitosis.model.LiteFPN", "name": "resnet18", "weights": "x.pth"}
    write(checkpoint, run / "checkpoints" / "best.ckpt")
    with pytest.raises(InputError, match="its weights do not fit"):
        load(run)


def test_a_hash_depends_on_the_weights_only(net: SCMitosisSeg) -> None:
    state = net.state_dict()
    whole = hash_of(state)
    assert len(whole) == 16
    assert hash_of(dict(reversed(state.items()))) == whole
    assert (
        hash_of({name: value.to(memory_format=torch.preserve_format).clone() for name, value in state.items()}) == whole
    )
    assert hash_of({name: value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
                    for name, value in state.items()}) == whole  # fmt: skip
    for name, value in state.items():
        changed = value.clone()
        changed.view(-1)[-1] = changed.view(-1)[-1] + 1 if not changed.is_floating_point() else torch.nextafter(
            changed.view(-1)[-1], torch.tensor(9.0)
        )  # fmt: skip
        assert hash_of({**state, name: changed}) != whole, name
    renamed = {("other" if index == 0 else name): value for index, (name, value) in enumerate(state.items())}
    assert hash_of(renamed) != whole
    assert hash_of({"a": torch.zeros(2, 3)}) != hash_of({"a": torch.zeros(3, 2)})
    assert hash_of({"a": torch.zeros(2)}) != hash_of({"a": torch.zeros(2, dtype=torch.int32)})
    assert hash_of({"a": torch.zeros(0), "b": torch.tensor(True), "c": torch.ones(2, dtype=torch.bfloat16)})


def test_choosing_keeps_the_weights_bit_identical(run: Path, content: dict[str, Any]) -> None:
    before = load(run)
    choose(run, {"threshold": 0.3})
    choose(run, {"threshold": 0.4, "window": 512})
    after = read(run / "checkpoints" / "best.ckpt")
    assert load(run).chosen == {"threshold": 0.4, "window": 512}
    assert load(run).hash == before.hash
    assert after.keys() == content.keys() | {"chosen"}
    assert all(torch.equal(after["state_dict"][name], value) for name, value in content["state_dict"].items())


def test_only_the_networks_weights_are_extracted(content: dict[str, Any], net: SCMitosisSeg) -> None:
    assert weights_of(content, Path("x")).keys() == net.state_dict().keys()


def without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda checkpoint: checkpoint.pop(key)


def target(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda checkpoint: checkpoint["recipe"]["model"].update(_target_=name)


def tiling(**changed: Any) -> Callable[[dict[str, Any]], None]:
    table = {"mpp": None, "window": "auto", "overlap": 32, "blend": "mean", "batch": 8, "max_pixels": 10**8}
    return lambda checkpoint: checkpoint["recipe"].update(tiling=table | changed)


def shrink(checkpoint: dict[str, Any]) -> None:
    checkpoint["recipe"]["model"]["widths"] = [4, 4, 4, 4]


def lose(checkpoint: dict[str, Any]) -> None:
    del checkpoint["state_dict"][next(iter(checkpoint["state_dict"]))]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("recipe"), "it has no recipe"),
        (without("state_dict"), "it has no state_dict"),
        (without("mpp"), "it has no mpp"),
        (lambda checkpoint: checkpoint.update(recipe="x"), "it has no recipe"),
        (lambda checkpoint: checkpoint["recipe"].update(model=None), "it has no recipe"),
        (shrink, "size mismatch"),
        (lose, "Missing key"),
        (target("os.system"), "os.system may not be built"),
        (target("mitosis.run.trained.hashlib.sha256"), "may not be built"),
        (target("mitosis.model.scmitosis.nn.Linear"), "there is no"),
        (target("mitosis.logger.WandbRun"), "may not be built as model"),
        (lambda checkpoint: checkpoint.update(mpp=0), "its mpp is 0.0"),
        (lambda checkpoint: checkpoint.update(mpp="0.25"), "its mpp is '0.25', not a number"),
        (lambda checkpoint: checkpoint.update(global_step="many"), "its steps is 'many'"),
        (lambda checkpoint: checkpoint.update(chosen={"window": 10**9}), "its chosen.window is 1000000000"),
        (
            lambda checkpoint: checkpoint.update(chosen={"window": "all"}),
            "its chosen.window is all; 1 to",
        ),
        *(
            (tiling(**{key: value}), f"its tiling.{key} is {value}; ")
            for key, value in (("mpp", 0), ("window", "x"), ("overlap", 10**9), ("batch", 0), ("max_pixels", 0))
        ),
        (lambda checkpoint: checkpoint.update(state_dict=[1]), "its state_dict is no table of tensors"),
        (lambda checkpoint: checkpoint["recipe"].update(tiling={"mpp": 0.5}), "lacks tiling.window"),
        (lambda checkpoint: checkpoint["recipe"]["model"].update(widths=[10**7] * 4), "cannot be built"),
        (lambda checkpoint: checkpoint["recipe"]["model"].update(nonsense=1), "nonsense"),
        (lambda checkpoint: checkpoint["recipe"]["model"].update(a=({"_target_": "os.mkdir"},)), "os.mkdir may not"),
    ],
)
def test_a_foreign_checkpoint_is_named(run: Path, content: dict[str, Any], spoil, said: str) -> None:
    spoil(content)
    write(content, run / "checkpoints" / "best.ckpt")
    with pytest.raises(InputError, match=said) as raised:
        load(run)
    assert "best.ckpt" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_checkpoint_is_reported(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.ckpt"):
        with pytest.raises(InputError, match="give a run folder or a .ckpt file"):
            checkpoint_of(path)
