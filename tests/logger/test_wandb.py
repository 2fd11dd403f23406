"""W&B: logged values are read back from its offline files; its failures are simulated by a fake."""

import itertools
import json
import re
import runpy
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mitosis.cli.compose import compose
from mitosis.files import read_yaml
from mitosis.logger.wandb import WandbRun, describe, shortened, start, summary
from mitosis.run.name import flat
from mitosis.stage.base import Stage
from mitosis.train import train

ROOT = Path(__file__).resolve().parents[2]
# An epoch has 2 steps; 4 fields to train on, 1 of val.
TINY = ["model=scmitosis_seg", "data=synthetic", "budget=smoke", "fold=all", "data.cases=5", "data.fields_per_case=1"]
TINY += ["data.size=96", "data.samples_per_epoch=8", "data.batch_size=4", "budget.widths=[4,4,8,8]"]
TINY += ["view.train.size=64", "view.train.jitter=16", "stain=none", "trainer=exact", "logger=wandb"]
TINY += ["logger.project=tests"]


def alone(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Isolates the tests from the developer's own key, settings and server."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_ENTITY"):
        patch.delenv(name, raising=False)
    patch.setenv("NETRC", str(folder / "none"))
    patch.setenv("WANDB_CONFIG_DIR", str(folder / "config"))
    patch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")


class CrashError(Exception):
    """What stops a run."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Runs of seed 0, which stopped in its second epoch and then went on, and of seed 1 in between, in one process."""
    import wandb

    folder = tmp_path_factory.mktemp("wandb")
    one, other = (compose("train", [*TINY, f"seed={seed}", f"max_steps={steps}"]) for seed, steps in ((0, 4), (1, 2)))
    original = Stage.training_step

    def crash(self: Stage, batch: dict, batch_idx: int) -> Any:
        if self.global_step == 3:
            raise CrashError
        return original(self, batch, batch_idx)

    with pytest.MonkeyPatch.context() as patch:
        alone(patch, folder)
        patch.chdir(folder)
        wandb.teardown()  # what an earlier test told it
        with patch.context() as broken:
            broken.setattr(Stage, "training_step", crash)
            with pytest.raises(CrashError):
                train(*one)
        train(*other)
        train(*one)
        yield folder
        wandb.teardown()


def run_of(folder: Path, seed: int) -> Path:
    (recipe,) = (path for path in folder.glob("runs/**/recipe.yaml") if read_yaml(path)["seed"] == seed)
    return recipe.parent


def records(path: Path) -> Iterator[Any]:
    """The records of an offline run's file: a header of 7 bytes, then chunks in blocks of 32 KiB, as LevelDB's log."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        whole += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # all of a record, or its last chunk
            yield Record.FromString(whole)
            whole = b""


def segments(run: Path) -> list[list[Any]]:
    """The records of each process that worked on ``run``, in order."""
    return [list(records(path)) for path in sorted(run.glob("wandb/offline-run-*/*.wandb"))]


def history(segment: list[Any]) -> list[dict[str, Any]]:
    rows = [record.history.item for record in segment if record.HasField("history")]
    return [{item.key or item.nested_key[0]: json.loads(item.value_json) for item in row} for row in rows]


def summaries(segment: list[Any]) -> dict[str, Any]:
    updates = [item for record in segment if record.HasField("summary") for item in record.summary.update]
    return {item.key or item.nested_key[0]: json.loads(item.value_json) for item in updates}


def test_runs_are_grouped_by_variant_with_a_flat_config(folder: Path) -> None:
    for seed in (0, 1):
        run = run_of(folder, seed)
        recipe = read_yaml(run / "recipe.yaml")
        for segment in segments(run):
            (told,) = [record.run for record in segment if record.HasField("run")][:1]
            what = recipe["name"]["variant"]
            assert told.run_group == f"synthetic/scmitosis_seg/full/{what}"
            assert (told.job_type, told.project) == ("segmentation", "tests")
            assert list(told.tags) == ["synthetic", "scmitosis_seg", "full"]
            config = {item.key: json.loads(item.value_json) for item in told.config.update}
            assert {name: config[name] for name in flat(recipe)} == flat(recipe)
            assert (config["fold"], config["seed"], config["optimizer.lr"]) == ("all", seed, 0.003)
            assert (config["experiment"], config["variant"]) == ("synthetic/scmitosis_seg", f"full/{what}")
            assert str(folder) not in json.dumps(config)


def test_a_resumed_run_keeps_its_id_and_another_run_has_its_own(folder: Path) -> None:
    ids = [(run_of(folder, seed) / "wandb_id").read_text() for seed in (0, 1)]
    assert len(set(ids)) == 2
    assert all(len(text) == 8 for text in ids)
    told = [
        [(record.run.run_id, record.run.resumed) for record in segment if record.HasField("run")][0]
        for seed in (0, 1)
        for segment in segments(run_of(folder, seed))
    ]
    assert [run_id for run_id, _ in told] == [ids[0], ids[0], ids[1]]
    steps = [
        [row["trainer/global_step"] for row in history(part) if "train/loss" in row]
        for part in segments(run_of(folder, 0))
    ]
    assert steps == [[1], [3]]  # counted from 0, as Lightning does; nothing twice


def test_logs_curves_pictures_and_the_result(folder: Path) -> None:
    stopped, went_on = segments(run_of(folder, 0))
    for segment in (stopped, went_on):
        names = {name for row in history(segment) for name in row}
        assert names >= {"train/loss", "val/ap", "val/f1", "val/precision", "val/recall", "lr-AdamW", "panel", "epoch"}
    assert list(run_of(folder, 0).glob("wandb/*/files/media/images/panel_*.png"))
    metrics = json.loads((run_of(folder, 0) / "metrics.json").read_text())
    figures = summaries(went_on)
    assert (figures["best/ap"], figures["steps"], figures["minutes"]) == (metrics["val"]["ap"], 4, metrics["minutes"])
    assert "steps" not in summaries(stopped)
    codes = [[record.exit.exit_code for record in part if record.HasField("exit")] for part in (stopped, went_on)]
    assert codes == [[1], [0]]


def test_nothing_is_written_outside_the_run_folders(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} <= {"runs", "config"}


def test_the_workspace_uses_only_logged_keys(folder: Path) -> None:
    view = runpy.run_path(str(ROOT / "experiments" / "wandb_workspace.py"))["VIEW"]
    folds = runpy.run_path(str(ROOT / "experiments" / "wandb_folds.py"))
    row = dict.fromkeys(folds["COLUMNS"], 1.0)
    sent = {"folds", *folds["summary"]([row])}
    config: set[str] = set()
    for seed in (0, 1):
        for segment in segments(run_of(folder, seed)):
            sent |= {name for row in history(segment) for name in row} | summaries(segment).keys()
            config |= {item.key for record in segment for item in record.run.config.update}
    panels = list(itertools.chain.from_iterable(section["panels"] for section in view["sections"]))
    assert {name for panel in panels for name in panel.get("metrics", [])} <= sent
    assert all(any(name.startswith("lr-") for name in sent) for panel in panels if panel.get("pattern") == "lr-.*")
    assert set(view["group_by"]) <= config
    columns = dict.fromkeys(name.partition(":")[0] for name in view["columns"])
    assert columns.keys() == {"run", "config", "summary"}
    for kind, known in (("config", config), ("summary", sent)):
        assert {name.partition(":")[2] for name in view["columns"] if name.startswith(kind)} <= known


RECIPE = {
    "name": {"data": "icpr2012", "model": "resnet34", "ablation": "full", "variant": "default"},
    "fold": "official",
    "stage": {"_target_": "mitosis.stage.ClassificationStage", "kind": "classification"},
    "segmenters": ["one", "scmitosis_seg-full-default"],
}


def test_a_classifiers_variant_includes_its_segmenter() -> None:
    told = describe(RECIPE)
    assert told["group"] == "icpr2012/resnet34/full/default/on-scmitosis_seg-full-default"
    assert told["name"] == f"{told['group']}/fold-official"
    assert (told["job_type"], told["config"]["fold"]) == ("classification", "official")
    assert told["config"]["variant"] == "full/default/on-scmitosis_seg-full-default"
    other = describe(RECIPE | {"fold": 3})
    assert other["group"] == told["group"]
    assert other["name"] == f"{told['group']}/fold-3"


def test_long_names_stay_distinct() -> None:
    assert shortened("a" * 128) == "a" * 128
    one, other = shortened("a" * 129), shortened("a" * 130)
    assert len(one) == len(other) == 128
    assert one != other


def test_the_result_becomes_the_summary() -> None:
    metrics = {"val": {"ap": 0.5}, "chosen": {"threshold": 0.3}, "steps": 7, "minutes": 0.1, "hardware": "x"}
    assert summary(metrics) == {"best/ap": 0.5, "chosen/threshold": 0.3, "steps": 7, "minutes": 0.1}


def test_a_broken_package_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"data": "d", "model": "m", "ablation": "full", "variant": "default"}
    recipe = {"name": name, "fold": 0, "stage": {"kind": "segmentation"}}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"partially initialized module 'wandb' has no attribute '{name}'")

    monkeypatch.setitem(sys.modules, "wandb", Broken())
    logger = WandbRun.__new__(WandbRun)
    logger._experiment, logger._failed, logger._save_dir = None, False, str(tmp_path)
    logger._name = logger._project = "p"
    logger.entity = None
    with pytest.warns(UserWarning, match=r"W&B: partially initialized .*; nothing is recorded there"):
        experiment = logger.experiment
    experiment.define_metric("x")
    logger.finish({})


def test_an_unreachable_server_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    import wandb

    alone(monkeypatch, tmp_path)  # its server is a port that nobody listens on
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setattr("mitosis.logger.wandb.START", 4.0)  # also for going offline
    wandb.teardown()
    try:
        run = start(tmp_path, project="tests")
        run.log({"a": 1})
        run.finish()
    finally:
        wandb.teardown()
    said = capsys.readouterr()
    assert re.fullmatch(r"W&B: offline \(.*\); to upload it: wandb sync \S+/wandb\n", said.out)
    assert not said.err
    (segment,) = segments(tmp_path)
    assert [row["a"] for row in history(segment)] == [1]
    assert {record.run.run_id for record in segment if record.HasField("run")} == {(tmp_path / "wandb_id").read_text()}


def test_wandb_starts_only_with_the_training(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    logger = WandbRun(str(tmp_path), project="p")
    logger.finish({})
    assert (logger.name, logger.save_dir) == ("p", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.yaml"]
