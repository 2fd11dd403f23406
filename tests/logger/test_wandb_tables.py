"""Tables in W&B: read back from its offline files; its failures are simulated."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from logger.test_wandb import alone, segments

from mitosis.logger.wandb_tables import record_tables

TABLES = {"results": [("system", "F1"), ("resnet18", "0.692 [0.6, 0.7]")], "runs": [["folder"], ["a"], ["b"]]}


def test_one_run_holds_all_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}

    def start(folder: Path, **about: Any) -> SimpleNamespace:
        sent.update(about, folder=folder)
        return SimpleNamespace(log=sent.update, finish=lambda: sent.update(finished=True))

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(Table=lambda columns, data: (columns, data)))
    monkeypatch.setattr("mitosis.logger.wandb_tables.start", start)
    record_tables(tmp_path, "synthetic", TABLES, project="p", entity="me")
    assert (sent["folder"], sent["project"], sent["entity"]) == (tmp_path, "p", "me")
    assert (sent["name"], sent["job_type"]) == ("report of synthetic", "report")
    assert sent["results"] == (["system", "F1"], [["resnet18", "0.692 [0.6, 0.7]"]])
    assert sent["runs"] == (["folder"], [["a"], ["b"]])
    assert sent["finished"]


@pytest.mark.slow
def test_each_table_is_read_back_with_its_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    alone(monkeypatch, tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    wandb.teardown()
    try:
        record_tables(tmp_path, "synthetic", TABLES, project="tests")
    finally:
        wandb.teardown()
    (segment,) = segments(tmp_path)
    told = next(record.run for record in segment if record.HasField("run"))
    assert (told.project, told.job_type, told.display_name) == ("tests", "report", "report of synthetic")
    assert told.run_id == (tmp_path / "wandb_id").read_text()
    written = [json.loads(path.read_text()) for path in tmp_path.glob("wandb/offline-run-*/files/media/table/*.json")]
    assert sorted((one["columns"], one["data"]) for one in written) == [
        (["folder"], [["a"], ["b"]]),
        (["system", "F1"], [["resnet18", "0.692 [0.6, 0.7]"]]),
    ]


def test_without_the_package_a_warning_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.warns(UserWarning, match=rf"W&B: .*wandb.*; the tables lie in {tmp_path}"):
        record_tables(tmp_path, "synthetic", TABLES)
