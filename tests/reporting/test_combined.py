"""Combined cascades in a report, beside the runs that they are compared with."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from refused import refused
from reporting.drawn_runs import SEGMENTER, write_runs

from mitosis.metric.field_scores import ALONE, BOTH
from mitosis.reporting import tables
from mitosis.reporting.evaluated import find_evaluated
from mitosis.reporting.fields import open_fields
from mitosis.reporting.places import read_places
from mitosis.reporting.systems import System, systems_of

POINT = {"threshold": 0.8, "precision": 0.5, "recall": 0.5, "f1": 0.5, "false_per_mm2": 1.0}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn runs, and for each fold a folder of ``combine`` that scored as resnet18 but accepts from 0.8 on."""
    root = write_runs(tmp_path_factory.mktemp("drawn"))
    for fold in (0, 1):
        (run,) = root.glob(f"synthetic/resnet18/*/*/*/fold-{fold}")
        weights = root / f"weights-{fold}"
        weights.mkdir()
        for name in ("scores.csv", "detections.csv", "found.json"):
            (weights / name).write_text((run / name).read_text())
        decision = {"points": {"balanced": POINT}, "alone": POINT | {"threshold": 0.6}}
        result = json.loads((run / "evaluation.json").read_text())
        (weights / "evaluation.json").write_text(json.dumps(result | {"asked": {"decision": decision}}))
        recipes = [yaml.safe_load((one / "recipe.yaml").read_text()) for one in (segmenter(root, fold), run)]
        networks = [network(stage, recipes[stage], half) for stage in (0, 1) for half in (0, 1)]
        (weights / "cascade.json").write_text(json.dumps({"format": 1, "networks": networks}))
    return root


def segmenter(root: Path, fold: int) -> Path:
    return root / "synthetic" / SEGMENTER / f"fold-{fold}"


def network(stage: int, recipe: dict[str, Any], half: int) -> dict[str, Any]:
    name = recipe["name"] | {"variant": f"data.batch_size-32,half-{half}"}
    kind = ("segmenter", "classifier")[stage]
    return {"stage": kind, "recipe": recipe | {"name": name, "half": half}, "steps": (100, 30)[stage]}


@pytest.fixture(scope="module")
def combined(root: Path) -> System:
    (found,) = [one for one in systems_of(find_evaluated(root)) if one.runs[0].networks]
    return found


def test_the_folds_of_a_combination_are_one_system(combined: System) -> None:
    assert combined.name == "data.batch_size-32 · resnet18 · data.batch_size-32 · 2 + 2 networks"
    assert [str(run.recipe["fold"]) for run in combined.runs] == ["0", "1"]
    assert combined.stages == [ALONE, BOTH]
    assert [combined.runs[0].threshold(stage) for stage in (ALONE, BOTH)] == [0.6, 0.8]


def test_its_tables_say_what_a_folder_of_weights_knows(root: Path, combined: System) -> None:
    alone, both = tables.results([combined]).rows
    assert [row[-3:] for row in (alone, both)] == [["2", "400", "–"], ["2", "520", "–"]]
    one, two = tables.runs([combined]).rows[:2]
    assert one[1:3] == ["0", "one"]
    assert two[2] == "two"
    assert one[3] == "/".join((root / "weights-0").parts[-5:])
    assert one[4] == two[4] != tables.runs(combined_runs_of(root)).rows[0][4]
    assert one[5:] == ["–", "0", "200", "–", "–"]


def combined_runs_of(root: Path) -> list[System]:
    return [one for one in systems_of(find_evaluated(root)) if not one.runs[0].networks]


def test_its_fields_open_without_the_runs(root: Path, combined: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder has no local.yaml: where the data lies is typed, or it lies where a run beside it has its own."""
    run = combined.runs[0]
    opened: list[Any] = []
    test = [SimpleNamespace(field=name) for name in run.result["names"]]

    def reopen(*given: Any) -> SimpleNamespace:
        opened.append(given)
        return SimpleNamespace(parts=SimpleNamespace(test=test))

    monkeypatch.setattr("mitosis.run.assembly.reopen_data", reopen)
    shown = open_fields(run, {"root": "DIR", "sets": {}})
    assert opened == [(run.first, run.folder, {"root": "DIR"})]
    (root / "local.yaml").write_text("root: THERE\n")
    open_fields(run, {"root": None, "sets": {}}, beside=root)
    assert opened[1][2] == {"root": "THERE"}
    assert [one.record.field for one in shown] == run.result["names"] == list(read_places(run))


@pytest.mark.parametrize(
    "content", ["{}", '{"networks": [{"stage": "segmenter"}]}', '{"networks": 3}', '{"networks": ["a"]}']
)
def test_a_broken_table_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "evaluation.json").write_text('{"stages": [], "asked": {}, "names": []}')
    (tmp_path / "cascade.json").write_text(content)
    said = refused(lambda: find_evaluated(tmp_path))
    assert (
        said
        == f"{tmp_path / 'cascade.json'} is not the table of a combined cascade; run python -m mitosis.combine anew"
    )
