"""The table of folds, by hand, and what of it is sent."""

import json
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from mitosis.errors import InputError

SCRIPT = runpy.run_path(str(Path(__file__).resolve().parents[2] / "experiments" / "wandb_folds.py"))
NAME = {"data": "d", "model": "m", "ablation": "full", "variant": "default"}


def add(variant: Path, fold: int | str, ap: float, test: dict[str, Any] | None = None, **more: Any) -> None:
    run = variant / f"fold-{fold}"
    run.mkdir(parents=True)
    recipe = {"name": NAME, "fold": fold, "stage": {"kind": "segmentation"}}
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    val = {"ap": ap, "f1": 0.5, "precision": None, "recall": 0.25, "loss": 1.0}
    metrics = {"steps": 10, "minutes": 1.5, "val": val, "chosen": {"threshold": 0.5}}
    (run / "metrics.json").write_text(json.dumps(metrics))
    for name, value in more.items():
        (run / f"{name}.json").write_text(json.dumps(value))
    if test is not None:
        alone = {"stage": "stage one alone"} | dict.fromkeys(("tp", "predictions", "truths"), 0)
        (run / "evaluation.json").write_text(json.dumps({"rule": "5 µm", "stages": [alone, test]}))


@pytest.fixture
def variant(tmp_path: Path) -> Path:
    found = {"precision": 0.5, "recall": 1.0, "f1": 0.8, "tp": 2, "predictions": 4, "truths": 2, "ap": 0.7}
    add(tmp_path, 0, 0.4, found | {"stage": "both stages"}, proposal={"chosen": {"threshold": 0.75, "window": 512}})
    none = found | {"f1": None, "precision": None, "tp": 0, "predictions": 0, "truths": 6, "ap": 0.1}
    add(tmp_path, 1, 0.8, none | {"stage": "both stages"})
    add(tmp_path, 2, 0.9)
    (tmp_path / "fold-3").mkdir()  # still being trained
    return tmp_path


def test_rows_and_figures_by_hand(variant: Path) -> None:
    rows = [SCRIPT["row"](run) for run in SCRIPT["finished"](variant)]
    assert [row["fold"] for row in rows] == ["0", "1", "2"]
    assert all(row.keys() == {*SCRIPT["COLUMNS"], "names"} for row in rows)
    assert [(row["threshold"], row["window"]) for row in rows] == [(0.75, "512"), (0.5, None), (0.5, None)]
    assert [row["test/stage"] for row in rows] == ["both stages", "both stages", None]
    assert rows[0]["test/tp"] == 2
    assert rows[2]["test/tp"] is None
    assert rows[0]["rule"] == "5 µm"
    figures = SCRIPT["summary"](rows)
    assert figures == {
        "val/ap_mean": pytest.approx(0.7),
        "test/f1_mean": 0.8,  # undefined in fold 1
        "test/ap_mean": pytest.approx(0.4),
        "test/f1_pooled": pytest.approx(2 * 2 / (4 + 8)),
        "folds/finished": 3,
        "folds/tested": 2,
    }
    for row in rows[:2]:
        row["names"] = ["a", "b"]  # both folds were tested on these
    assert SCRIPT["summary"](rows).keys() == figures.keys() - {"test/f1_pooled"}
    assert SCRIPT["summary"](rows[2:]).keys() == {"val/ap_mean", "folds/finished", "folds/tested"}


def test_one_run_in_the_group_of_the_folds(variant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}

    def start(folder: Path, **about: Any) -> Any:
        sent.update(about, folder=folder)
        return SimpleNamespace(log=sent.update, summary=SimpleNamespace(update=sent.update), finish=lambda: None)

    table = SimpleNamespace(Table=lambda columns, data, allow_mixed_types: (columns, data))
    monkeypatch.setitem(sys.modules, "wandb", table)
    monkeypatch.setitem(SCRIPT["upload"].__globals__, "start", start)
    monkeypatch.setenv("WANDB_PROJECT", "other")
    SCRIPT["main"]([variant])
    assert (sent["folder"], sent["project"]) == (variant, "other")
    assert (sent["group"], sent["job_type"]) == ("d/m/full/default", "folds")
    assert sent["config"] == {"experiment": "d/m", "variant": "full/default"}
    columns, cells = sent["folds"]
    assert columns == SCRIPT["COLUMNS"]
    assert [row[0] for row in cells] == ["0", "1", "2"]
    assert sent["folds/tested"] == 2


def test_a_folder_without_folds_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run in it"):
        SCRIPT["main"]([tmp_path])
