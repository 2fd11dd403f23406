"""Run folders: named after the keys that affect the result, and never shared by two results."""

import re
from pathlib import Path
from typing import Any

import hydra
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mitosis.cli.compose import compose
from mitosis.run.conf import CONF
from mitosis.run.name import Choices, describe, recipe_of, run_folder, slug_of


@pytest.fixture(scope="module", autouse=True)
def searched():
    """One search of conf/ for all of this file's compositions."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        yield


def folder_of(*overrides: str) -> str:
    config, choices = compose("train", ["data=synthetic", *overrides])
    return run_folder(config, choices).as_posix()


@pytest.mark.parametrize(
    ("overrides", "folder"),
    [
        ([], "runs/synthetic/scmitosis_seg/full/default/fold-official"),
        (["fold=3", "runs=/r (1)"], "/r (1)/synthetic/scmitosis_seg/full/default/fold-3"),
        (["budget=smoke", "fold=all"], "runs/synthetic/scmitosis_seg/full/budget-smoke/fold-all"),
        (["ablation=dsc_cbam"], "runs/synthetic/scmitosis_seg/dsc_cbam/default/fold-official"),
        (["optimizer.lr=1e-3"], "runs/synthetic/scmitosis_seg/full/optimizer.lr-0.001/fold-official"),
        (["loss=cross_entropy"], "runs/synthetic/scmitosis_seg/full/loss-cross_entropy/fold-official"),
        (["loss=bce_tversky", "stain=macenko"], "runs/synthetic/scmitosis_seg/full/default/fold-official"),
        (["seed=1", "+half=0"], "runs/synthetic/scmitosis_seg/full/half-0,seed-1/fold-official"),
        (["budget.widths=[4,4,8,8]"], "runs/synthetic/scmitosis_seg/full/model.widths-4-4-8-8/fold-official"),
        (["model=resnet34"], "runs/synthetic/resnet34/full/default/fold-official"),
        (
            ["trainer.gradient_clip_val=1"],
            "runs/synthetic/scmitosis_seg/full/trainer.gradient_clip_val-1/fold-official",
        ),
    ],
)
def test_a_run_is_named_after_the_keys_that_affect_its_result(overrides: list[str], folder: str) -> None:
    assert folder_of(*overrides) == folder


def test_how_and_where_a_run_is_executed_is_not_in_its_name() -> None:
    how = ["trainer=cpu", "trainer.devices=4", "trainer.strategy=ddp", "logger=wandb", "logger.project=x"]
    how += ["data.workers=8", "max_steps=7"]
    assert folder_of(*how) == folder_of()
    root = ["data=icpr2012", "data.root=/mnt/a=b (2)"]
    assert folder_of(*root) == folder_of("data=icpr2012") == folder_of("data=icpr2012", "data.root=elsewhere")


def test_two_values_give_two_folders_in_any_order() -> None:
    assert folder_of("optimizer.lr=1e-4") != folder_of("optimizer.lr=1e-3")
    many = ["budget=smoke", "seed=3", "loss.alpha=0.4", "ema=0.9"]
    assert folder_of(*many) == folder_of(*reversed(many))
    assert folder_of("budget=smoke", "optimizer.lr=1e-4") != folder_of("budget=smoke")


def test_a_long_name_is_truncated_and_ends_with_a_hash() -> None:
    keys = ["alpha", "beta", "smooth", "bce_weight", "tversky_weight"]
    one, other = (Path(folder_of(*(f"loss.{key}=0.{n}1234567" for key in keys))).parent.name for n in (3, 4))
    assert len(one) == 80
    assert re.fullmatch(r"[A-Za-z0-9.+,_-]+-[0-9a-f]{8}", one)
    same = Path(folder_of(*(f"loss.{key}=0.31234567" for key in keys[:-1]), "loss.tversky_weight=0.41")).parent.name
    assert len({one, other, same}) == 3  # told apart beyond the cut


VALUES = st.none() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers())


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), VALUES))
def test_a_name_is_one_safe_path_component(groups: dict[str, str], config: dict[str, Any]) -> None:
    slug = describe(groups, config, {})
    assert re.fullmatch(r"[A-Za-z0-9.+,_-]{1,80}", slug)
    assert slug not in (".", "..")


@given(st.dictionaries(st.sampled_from(["lr", "a.b", "seed"]), st.integers() | st.booleans()))
def test_an_unchanged_configuration_is_default(config: dict[str, Any]) -> None:
    assert describe({}, config, config) == "default"


def test_composing_inside_and_outside_a_job_gives_the_same() -> None:
    from hydra.core.global_hydra import GlobalHydra

    overrides = ["data=synthetic", "budget=smoke", "loss.alpha=0.4", "fold=1"]
    inside = compose("train", overrides)
    kept = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        assert compose("train", overrides) == inside
    finally:
        GlobalHydra.instance().initialize(kept)


def strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for pair in node.items() for value in pair for text in strings(value)]
    if isinstance(node, list | tuple):
        return [text for value in node for text in strings(value)]
    return [node] if isinstance(node, str) else []


def test_a_recipe_contains_no_absolute_path(tmp_path: Path) -> None:
    paths = [f"data.root={tmp_path}", f"init={tmp_path / 'a.ckpt'}", f"segmenter={tmp_path}", f"runs={tmp_path}"]
    for model in (["model=resnet18", "model.weights=/w/imagenet.pth"], []):
        config, _ = compose("train", ["data=icpr2012", "logger=wandb", "init=/x", *paths, *model])
        assert [text for text in strings(recipe_of(config)) if text.startswith("/")] == []
        assert recipe_of(config | {"init": "/x"})["init"] == "x"


def test_initial_weights_have_one_name_from_any_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"init": str(tmp_path / "runs" / "a" / "fold-0")}
    monkeypatch.chdir(tmp_path)
    assert recipe_of({"init": "runs/a/fold-0"}) == recipe_of(config)
    assert slug_of(Path("runs/d/m/full/default/fold-0")) == "m-full-default"
    assert "/" not in slug_of(Path("/fold-0"))


def test_a_recipe_survives_yaml() -> None:
    config, choices = compose("train", ["data=synthetic", "budget=smoke", "optimizer.lr=1e-5"])
    recipe = {"name": choices.name} | recipe_of(config)
    assert yaml.safe_load(yaml.safe_dump(recipe)) == recipe
    assert isinstance(choices, Choices)
    assert choices.name == {
        "data": "synthetic",
        "model": "scmitosis_seg",
        "ablation": "full",
        "variant": "budget-smoke,optimizer.lr-1.0e-05".replace("1.0e", "1e"),
    }


@pytest.mark.parametrize(
    ("labels", "kept"), [("in/a.csv", "in/a.csv"), ("{}/in/a.csv", "in/a.csv"), ("{}x/a.csv", "../rootx/a.csv")]
)
@pytest.mark.parametrize("key", ["labels", "objects"])
def test_dataset_files_are_named_relative_to_their_root(tmp_path: Path, key: str, labels: str, kept: str) -> None:
    root = tmp_path / "root"
    data = {"root": str(root), key: labels.format(root)}
    assert recipe_of({"data": data})["data"] == {key: kept}
