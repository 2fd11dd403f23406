"""Every shipped yaml composes, and its object can be built with all of its keys."""

from functools import cache, partial
from pathlib import Path
from typing import Any

import hydra
import pytest
import torch
from hydra import compose
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from lightning import LightningDataModule
from lightning.pytorch.strategies import StrategyRegistry
from omegaconf import OmegaConf
from shipped import parts
from torch import nn

from mitosis.data.record import Record
from mitosis.metric.matching import Matching
from mitosis.run.assembly import open_data
from mitosis.run.build import build
from mitosis.run.conf import CONF, words_of
from mitosis.run.keys import CLASSIFICATION, SEGMENTATION
from mitosis.run.name import flat
from mitosis.run.settings import TrainingSettings
from mitosis.training.progress import Progress
from mitosis.training.trainer import trainer_of

SMALL = ["budget=smoke", "budget.widths=[4,4,8,8]", "budget.size=96"]
MODELS, DATASETS = words_of("model"), words_of("data")
WITH = [(model, DATASETS[number % len(DATASETS)]) for number, model in enumerate(MODELS)]
"""Each model with one dataset in turn; test_a_dataset_is_built composes the others."""


@pytest.fixture(scope="module", autouse=True)
def searched():
    """One search of conf/ for all of this file's compositions."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        yield


@cache
def composed(*overrides: str, command: str = "train") -> dict[str, Any]:
    config: Any = OmegaConf.to_container(compose(command, list(overrides)), resolve=True)
    return config


def test_every_folder_is_tested() -> None:
    here = {path.name for path in CONF.iterdir() if path.is_dir()}
    assert here == {
        *("ablation", "augment", "budget", "data", "experiment", "hydra", "logger", "loss", "matching", "model"),
        *("optimizer", "scheduler", "stage", "stain", "trainer", "view"),
    }


@pytest.mark.parametrize("group", ["augment", "data", "loss", "scheduler", "stain"])
def test_an_option_is_named_like_its_module_and_tests(group: str) -> None:
    tests = Path(__file__).parents[1] / group
    for word, part in parts(group).items():
        if word == "icpr2012_atypia14":  # joined of two words
            continue
        assert part.__module__ == f"mitosis.{group}.{word}"
        assert (tests / f"test_{word}.py").is_file()


@pytest.mark.parametrize(("model", "data"), WITH)
def test_a_model_composes_with_a_dataset_and_is_built(model: str, data: str) -> None:
    config = composed(f"model={model}", f"data={data}", *SMALL)
    assert config["stage"]["_target_"].startswith("mitosis.stage.")
    assert config["model"].get("pretrained", False) is False
    net = build(config["model"], "model")
    assert isinstance(net, nn.Module)
    second = config["stage"]["kind"] == CLASSIFICATION
    with torch.inference_mode():
        side = config["crop"]["pixels"] if second else 2 * net.stride
        shape = net.eval()(torch.zeros(1, 3, side, side)).shape
    assert shape == ((1, 2) if second else (1, 1, side, side))
    assert all(isinstance(build(view, "view"), partial) for view in config["view"].values())


def test_a_model_sets_its_stage_and_the_dataset_its_matching() -> None:
    config = composed("model=resnet34", "data=gzmh")
    assert config["loss"]["_target_"] == "torch.nn.CrossEntropyLoss"
    assert config["augment"]["_target_"] == "mitosis.augment.CandidateAugment"
    assert config["matching"]["name"] == "px20"
    assert config["model"]["pretrained"] is True
    config = composed("model=resnet34", "data=synthetic", "matching=midog", "loss=bce_tversky", "stain=none")
    assert (config["matching"]["name"], config["loss"]["alpha"]) == ("midog", 0.3)
    assert config["stain"]["_target_"] == "mitosis.stain.NoStain"
    assert config["model"]["pretrained"] is False
    paper = composed("data=icpr2012", "budget=paper")
    assert (paper["optimizer"]["lr"], paper["data"]["batch_size"]) == (1e-4, 16)
    assert paper["model"]["widths"] == [64, 128, 256, 512]


@pytest.mark.parametrize("data", DATASETS)
def test_a_dataset_is_built(data: str, tmp_path: Path) -> None:
    config = composed(f"data={data}", *SMALL)
    joined = "sets" in config["data"]
    extra = {"root": str(tmp_path)} if "root" in config["data"] else {}
    built = open_data(config | {"data": config["data"] | extra}, fold=0)
    assert isinstance(built, LightningDataModule)
    assert built.batch_size == config["budget"]["batch_size"]
    if not extra and not joined:
        assert all(isinstance(record, Record) for record in built.records())


@pytest.mark.parametrize("ablation", words_of("ablation"))
def test_an_ablation_changes_the_model_it_is_for(ablation: str) -> None:
    config, full = (composed("data=synthetic", f"ablation={word}", *SMALL) for word in (ablation, "full"))
    if ablation == "full":
        assert config["ablation"] == {}
        return
    assert config["ablation"] == {"name": ablation, "for": "scmitosis_seg"}
    assert config["model"] != full["model"]
    assert f"{config['model']['encoder']}_{config['model']['fusion']}" == ablation
    names = [{name for name, _ in build(one["model"], "model").named_parameters()} for one in (config, full)]
    assert names[0] != names[1]


@pytest.mark.parametrize("budget", words_of("budget"))
def test_a_budget_reaches_the_keys_that_read_it(budget: str) -> None:
    config = composed("data=synthetic", f"budget={budget}")
    given = config["budget"]
    read = {key: config["data"][key] for key in ("samples_per_epoch", "batch_size")}
    read |= {"max_steps": config["max_steps"], "val_every": config["val_every"], "widths": config["model"]["widths"]}
    assert read.items() <= given.items()
    assert given["samples_per_epoch"] % given["batch_size"] == 0
    composed("data=synthetic", f"budget={budget}", command="pipeline")


@pytest.mark.parametrize("group", ["loss", "augment", "stain", "matching", "scheduler"])
def test_a_part_is_built(group: str) -> None:
    for word in words_of(group):
        config = composed("data=synthetic", f"{group}={word}")
        built = build(config[group], group)
        if group == "scheduler":
            assert isinstance(built, partial), word
        if group == "matching":
            assert isinstance(built, Matching)
            assert built.name == word


def test_every_optimizer_works_with_every_schedule() -> None:
    schedules = [
        build(composed("data=synthetic", f"scheduler={word}")["scheduler"], "scheduler")
        for word in words_of("scheduler")
    ]
    for word in words_of("optimizer"):
        optimizer = build(composed("data=synthetic", f"optimizer={word}")["optimizer"], "optimizer")
        for schedule in schedules:
            made = schedule(optimizer(nn.Linear(1, 1).parameters()), total_steps=10, steps_per_epoch=5)
            assert made.get_last_lr()[0] > 0


@pytest.mark.parametrize("trainer", words_of("trainer"))
def test_a_trainer_is_built(trainer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLURM_NTASKS_PER_NODE", "SLURM_NNODES"):
        monkeypatch.delenv(name, raising=False)
    config = composed("data=synthetic", f"trainer={trainer}", "max_steps=200")
    settings = config["trainer"]
    assert settings.keys() >= {"accelerator", "devices", "strategy", "precision"}
    assert settings["strategy"] in ("auto", *StrategyRegistry.available_strategies())
    here = {"accelerator": "cpu", "devices": 2 if settings["devices"] == "auto" else settings["devices"]}
    if trainer == "fsdp":  # on GPUs only
        here["strategy"] = "ddp"
    made_of = TrainingSettings.of(config | {"trainer": settings | here})
    length = {"samples": config["data"]["samples_per_epoch"], "batch_size": config["data"]["batch_size"]}
    made = trainer_of(made_of, tmp_path, **length, done=Progress(), logger=False, callbacks=[])
    assert made.estimated_stepping_batches == 200


def test_slurm_sets_the_number_of_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "4")
    monkeypatch.setenv("SLURM_NNODES", "2")
    settings = composed("data=synthetic", "trainer=slurm")["trainer"]
    assert (settings["devices"], settings["num_nodes"], settings["strategy"]) == (4, 2, "ddp")


def test_every_logger_composes(tmp_path: Path) -> None:
    for logger in words_of("logger"):
        settings = composed("data=synthetic", f"logger={logger}")["logger"]
        if settings:
            assert build(settings, "logger", save_dir=str(tmp_path)).save_dir == str(tmp_path)
    assert composed("data=synthetic", "logger=csv")["logger"] == {}


@pytest.mark.parametrize(
    ("kind", "word"), [(kind, word) for kind in ("launcher", "sweeper") for word in words_of(f"hydra/{kind}")]
)
def test_a_hydra_plugin_accepts_its_keys(kind: str, word: str) -> None:
    config = compose("train", ["data=synthetic", f"hydra/{kind}={word}"], return_hydra_config=True)
    assert isinstance(Plugins.instance()._instantiate(config.hydra[kind]), Launcher if kind == "launcher" else Sweeper)
    if word == "slurm":
        from submitit import SlurmExecutor
        from submitit.auto.auto import AutoExecutor

        known = AutoExecutor._valid_parameters() | SlurmExecutor._valid_parameters()
        known |= {"submitit_folder", "max_num_timeout", "_target_"}
        assert known >= {str(key) for key in config.hydra.launcher if config.hydra.launcher[key] is not None}


@pytest.mark.parametrize("experiment", words_of("experiment"))
def test_an_experiment_composes(experiment: str) -> None:
    path = CONF / "experiment" / f"{experiment}.yaml"
    text = OmegaConf.to_container(OmegaConf.load(path))
    assert isinstance(text, dict)
    command = "pipeline" if "python -m mitosis.pipeline" in path.read_text() else "train"
    config = compose(command, [f"experiment={experiment}", *_data(text)], return_hydra_config=True)
    plain: Any = OmegaConf.to_container(config, resolve=False)
    stated = {key: value for key, value in flat(text).items() if not key.startswith(("defaults", "hydra"))}
    assert all(flat(plain)[key] == value for key, value in stated.items())
    for key, values in (plain["hydra"]["sweeper"]["params"] or {}).items():
        override = OverridesParser.create().parse_override(f"{key}={values}")
        swept: Any = override.value()
        texts = [swept.start, swept.end] if override.is_interval_sweep() else [swept]
        if override.is_discrete_sweep():
            texts = list(override.sweep_string_iterator())
        for value in texts[:1] if key == "fold" else texts:
            composed(f"experiment={experiment}", *_data(text), f"{key}={value}", command=command)
            if kind := {"segmenter.model": SEGMENTATION, "classifier.model": CLASSIFICATION}.get(key):
                assert composed(f"model={value}", f"data={dict(WITH)[value]}", *SMALL)["stage"]["kind"] == kind


def _data(text: dict[str, Any]) -> list[str]:
    chosen = any("override /data" in default for default in text.get("defaults", []) if isinstance(default, dict))
    return [] if chosen else ["data=synthetic"]


@pytest.mark.parametrize("command", sorted(path.stem for path in CONF.glob("*.yaml")))
def test_every_command_composes(command: str) -> None:
    data = ["data=synthetic"] if "data: ???" in (CONF / f"{command}.yaml").read_text() else []
    config = OmegaConf.to_container(compose(command, data))
    assert isinstance(config, dict)
    assert config["runs"] == "runs"
