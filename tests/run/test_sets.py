"""What joined data changes in a run: its name, its recipe, the folders and tables it remembers, and its rebuilding."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import hydra
import pytest
from refused import refused
from torch import nn

from mitosis.cli.compose import compose
from mitosis.cli.plan import plan_of
from mitosis.files import read_yaml
from mitosis.run import assembly
from mitosis.run.assembly import rebuild_data
from mitosis.run.conf import CONF
from mitosis.run.folder import claim, data_roots, read_recipe
from mitosis.run.root import check_root
from mitosis.run.run import Run, run_of
from mitosis.run.trained import Trained

DATA = "data=icpr2012_atypia14"
ROOTS = ["data.sets.icpr2012.root=/mnt/a=b (2)", "data.sets.mitos_atypia14.root=frames"]


@pytest.fixture(scope="module", autouse=True)
def searched():
    """One search of conf/ for all of this file's compositions."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        yield


def run(*overrides: str) -> Run:
    return run_of(*compose("train", [DATA, *overrides]))


def trained(recipe: dict[str, Any], folder: Path) -> Trained:
    return Trained(nn.Identity, recipe, {}, "", 0, 0.25, folder / "checkpoints" / "best.ckpt")


def test_where_the_sets_lie_is_not_in_the_name_or_the_recipe() -> None:
    one, other = run(*ROOTS), run("data.sets.mitos_atypia14.root=elsewhere")
    assert one.folder == other.folder == run().folder
    assert one.folder.as_posix() == "runs/icpr2012_atypia14/scmitosis_seg/full/default/fold-official"
    assert one.recipe == other.recipe
    assert "root" not in one.recipe["data"]["sets"]["icpr2012"]
    assert one.recipe["data"]["sets"]["icpr2012"]["scanner"] == "A"
    assert one.roots == {
        "sets.icpr2012.root": Path("/mnt/a=b (2)"),
        "sets.mitos_atypia14.root": Path("frames").resolve(),
    }


def test_what_a_set_is_changes_the_name() -> None:
    name = run("data.sets.mitos_atypia14.scanner=A").folder.parent.name
    assert name == "data.sets.mitos_atypia14.scanner-A"


def test_a_users_tables_are_named_by_their_content_and_kept_in_the_run(tmp_path: Path) -> None:
    patients, folds = tmp_path / "p (1).csv", tmp_path / "f.csv"
    patients.write_text("dataset,case,patient\n")
    folds.write_text("fold,part,field\n")
    typed = [f"data.patients={patients}", f"data.sets.mitos_atypia14.folds={folds}"]
    one = run(*typed)
    data = one.recipe["data"]
    assert data["patients"].startswith("own-")
    assert data["sets"]["mitos_atypia14"]["folds"].startswith("own-")
    assert one.tables == {"patients": patients, "sets.mitos_atypia14.folds": folds}
    claim(tmp_path / "run", one.recipe, one.roots, one.tables)
    assert (tmp_path / "run" / data["patients"]).read_text() == "dataset,case,patient\n"
    assert (tmp_path / "run" / data["sets"]["mitos_atypia14"]["folds"]).read_text() == "fold,part,field\n"
    patients.write_text("dataset,case,patient\na,b,c\n")
    assert run(*typed).folder != one.folder
    gone = ["data.patients=no.csv", "data.sets.mitos_atypia14.folds=no.csv"]
    for override in gone:
        assert refused(lambda override=override: run(override)) == f"{override}: no such file"


def test_the_folders_of_training_are_those_of_later_steps_unless_they_have_moved(tmp_path: Path) -> None:
    made = run(*ROOTS)
    claim(tmp_path, made.recipe, made.roots)
    assert read_recipe(tmp_path) == made.recipe
    assert read_yaml(tmp_path / "local.yaml") == {key: str(path) for key, path in made.roots.items()}
    config, _ = compose("evaluate", ["segmenter=x", "data.sets.mitos_atypia14.root=/new, [1]"])
    assert data_roots(tmp_path, config["data"]) == {
        "sets.icpr2012.root": "/mnt/a=b (2)",
        "sets.mitos_atypia14.root": "/new, [1]",
    }
    config, _ = compose("propose", ["segmenter=x"])
    assert data_roots(tmp_path, config["data"]) == {key: str(path) for key, path in made.roots.items()}


def test_the_run_of_a_single_dataset_remembers_one_folder(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text("root: /old\n")  # as all versions write it
    assert data_roots(tmp_path, {"root": None, "cache": None, "sets": {}}) == {"root": "/old"}
    assert data_roots(tmp_path, {"root": "/new", "cache": None, "sets": {}}) == {"root": "/new"}


def test_data_is_rebuilt_in_its_folders_with_the_runs_own_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(assembly, "open_data", lambda config, **_: seen.update(config["data"]) or _NoParts())
    monkeypatch.setattr(assembly, "check_same_fields", lambda *_: None)
    patients = tmp_path / "p.csv"
    patients.write_text("dataset,case,patient\n")
    recipe = run(*ROOTS, f"data.patients={patients}").recipe
    before = str(recipe)
    rebuild_data(trained(recipe, tmp_path / "run"), {"sets.icpr2012.root": "a", "sets.mitos_atypia14.root": "b"}, "c")
    assert (seen["sets"]["icpr2012"]["root"], seen["sets"]["mitos_atypia14"]["root"], seen["cache"]) == ("a", "b", "c")
    assert seen["patients"] == str(tmp_path / "run" / recipe["data"]["patients"])
    assert str(recipe) == before


class _NoParts:
    parts = None


def test_a_folder_of_an_unknown_set_is_refused(tmp_path: Path) -> None:
    joined = trained(run().recipe, tmp_path)
    said = refused(lambda: rebuild_data(joined, {"sets.other.root": "x"}))
    assert said.startswith("data.sets.other.root: ")
    assert said.endswith(" was not trained on such a set")
    said = refused(lambda: rebuild_data(joined, {"root": "x"}))
    assert said.endswith("has several datasets; type data.sets.icpr2012.root")
    single = replace(joined, recipe=run_of(*compose("train", ["data=icpr2012"])).recipe)
    assert "data.sets.icpr2012.root" in refused(lambda: rebuild_data(single, {"sets.icpr2012.root": "x"}))


def test_a_missing_folder_is_refused_early_with_the_key_of_its_set(tmp_path: Path) -> None:
    def checked(*overrides: str) -> str:
        return refused(lambda: check_root(compose("train", [DATA, *overrides])[0]["data"]))

    holds = "DIR is the folder that holds A00_v2 … A04_v2"
    assert checked() == f"data.sets.icpr2012.root=DIR is not set: {holds}"
    first = f"data.sets.icpr2012.root={tmp_path}"
    assert checked(first).startswith("data.sets.mitos_atypia14.root=DIR is not set: DIR is the folder that holds the")
    second = "data.sets.mitos_atypia14.root=/nowhere (1)"
    assert checked(first, second) == f"{second}: no such folder"


def test_every_step_of_the_pipeline_gets_the_folders() -> None:
    config, choices = compose("pipeline", [DATA, *ROOTS, "fold=3", "classifier.model=null"])
    plan = plan_of(config, replace(choices, overrides=[DATA, *(_quoted(root) for root in ROOTS), "fold=3"]))
    assert [name for name, _ in plan.steps] == ["train", "propose", "evaluate"]
    for name, step in plan.steps:
        assert compose(name, step)[0]["data"]["sets"]["icpr2012"]["root"] == "/mnt/a=b (2)"
        assert compose(name, step)[0]["data"]["sets"]["mitos_atypia14"]["root"] == "frames"


def _quoted(override: str) -> str:
    key, _, value = override.partition("=")
    return f"{key}='{value}'"


def test_stage_two_may_have_another_radius_but_no_other_scanner(tmp_path: Path) -> None:
    first = tmp_path / "fold-official"
    made = run()
    claim(first, made.recipe)
    (first / "candidates.csv").write_text("")
    second = ["model=resnet34", f"segmenter={first}"]
    assert run(*second, "data.sets.mitos_atypia14.radius_um=3").segmenters == (first,)
    said = refused(lambda: run(*second, "data.sets.mitos_atypia14.scanner=A"))
    assert "is of data.sets.mitos_atypia14.scanner=H, not A" in said
