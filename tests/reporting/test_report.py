"""The report of two systems on two folds of drawn fields: its files, its numbers, its page in a browser."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, open_page
from refused import refused
from reporting.drawn_runs import write_runs

from mitosis.metric.field_scores import ALONE, BOTH
from mitosis.report import report
from mitosis.reporting.evaluated import find_evaluated
from mitosis.reporting.systems import systems_of
from mitosis.run.name import Choices

CHOICES = Choices({}, "default", [])
DATA = {"root": None, "sets": {}}
ACTIONS = """
const rows = (id) => [...document.querySelectorAll(`#${id} tbody tr`)];
const cells = (id, column) => rows(id).map((row) => row.cells[column].textContent);
const cards = (kind) => [...document.querySelectorAll(`#cards-${kind} .card`)].map((one) => one.textContent);
seen.wide = document.documentElement.scrollWidth <= innerWidth;
seen.best = document.querySelector(".best").textContent;
const heads = [...document.querySelectorAll("#presets thead button")];
heads[5].click();
seen.falling = cells("presets", 5).map(Number);
heads[5].click();
seen.rising = cells("presets", 5).map(Number);
heads[0].click();
seen.words = cells("presets", 0);
const input = document.querySelector("#presets input");
input.value = "mobile px20";
input.dispatchEvent(new Event("input"));
seen.filtered = rows("presets").filter((row) => !row.hidden).map((row) => row.cells[1].textContent);
seen.cards = ["fp", "fn", "tp"].map(cards);
document.querySelector("#cards-fn .card:last-child").click();
const dialog = document.querySelector("dialog");
seen.opened = [dialog.open, dialog.querySelector("b").textContent];
seen.marks = ["rect.truth", "circle.found", "circle.chosen"].map((kind) => dialog.querySelectorAll(kind).length);
await dialog.querySelector("img").decode();
seen.whole = dialog.scrollHeight <= dialog.clientHeight + 1;
seen.natural = dialog.querySelector("img").naturalWidth;
dialog.querySelector("button").click();
seen.closed = !dialog.open;
document.querySelector("#cards-unlabelled .card").click();
seen.audit = [dialog.open, dialog.querySelector("b").textContent];
dialog.querySelector("button").click();
seen.plots = document.querySelectorAll("figure svg").length;
"""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_runs(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def page(runs: Path) -> Path:
    report({"runs": str(runs), "output": str(runs / "out"), "data": DATA}, CHOICES)
    return runs / "out" / "report.html"


@pytest.fixture(scope="module")
def seen(page: Path) -> dict[str, Any]:
    return open_page(page, ACTIONS)


def rows(page: Path, name: str) -> list[dict[str, str]]:
    with (page.parent / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_systems_are_named_by_what_differs(runs: Path) -> None:
    """Every figure scores 0.45 or more under resnet18, but only some 0.5 under the other."""
    best, other = systems_of(find_evaluated(runs))
    assert (best.name, other.name) == ("resnet18", "mobilenetv3_large")
    assert [str(run.recipe["fold"]) for run in best.runs] == ["0", "1"]
    assert best.stages == [ALONE, BOTH]
    assert (best.overlapping, len(best.fields), len(set(best.cases))) == (False, 6, 6)
    assert best.area_mm2 == pytest.approx(6 * 0.064**2)


def test_a_system_of_one_stage_is_named_by_its_network(tmp_path: Path) -> None:
    """It has no stage two, whose settings therefore do not tell the other two apart from it."""
    root = write_runs(tmp_path)
    for fold in (0, 1):
        (alone,) = (root / "synthetic").glob(f"scmitosis_seg/*/*/fold-{fold}")
        (whole,) = (root / "synthetic").glob(f"resnet18/*/*/*/fold-{fold}")
        for name in ("evaluation.json", "scores.csv", "detections.csv"):
            (alone / name).write_text((whole / name).read_text())
    names = {one.name for one in systems_of(find_evaluated(root))}
    assert names == {"scmitosis_seg", "resnet18", "mobilenetv3_large"}


def test_recounted_fields_sum_to_what_was_evaluated(runs: Path) -> None:
    for system in systems_of(find_evaluated(runs)):
        for stage in system.stages:
            counts = system.pooled(stage)
            assert system.by_field(stage).sum(axis=0).tolist() == [counts.tp, counts.predictions, counts.truths]


def test_each_table_is_written_in_three_formats(page: Path) -> None:
    names = ("results", "comparisons", "errors", "froc", "presets", "audit", "runs")
    assert {path.name for path in page.parent.iterdir()} >= {
        f"{name}.{end}" for name in names for end in ("csv", "md", "tex")
    }
    first = rows(page, "results")[1]
    assert (first["system"], first["stage"], first["folds"], first["steps"]) == ("resnet18", "both stages", "2", "260")
    assert first["minutes"] == "26.0"


def test_every_error_has_its_stage(page: Path) -> None:
    """The only figure without candidate lies in case00; the only certain false alarm in case05."""
    best = rows(page, "errors")[0]
    figures = int(rows(page, "results")[1]["mitotic figures"])
    assert best["missed by stage one"] == "1"
    assert best["false candidate accepted"] == "1"
    assert int(best["found"]) + 1 + int(best["proposed, then rejected"]) == figures


def test_the_same_detections_under_every_rule(page: Path) -> None:
    own = {row["matching"]: row for row in rows(page, "presets") if row["system"] == "resnet18"}
    result = rows(page, "results")[1]
    assert len(own) == 9
    assert own["icpr2012"]["TP"] == result["TP"]
    assert {row["detections"] for row in own.values()} == {result["detections"]}


def test_the_audit_is_of_all_folds_and_systems(page: Path) -> None:
    """Both systems accept the false candidate of case05 with 0.9; neither has one for the figure of case00."""
    first, second = rows(page, "audit")[:2]
    assert (first["field"], first["labelled as"], first["mean score"]) == ("case00_0", "mitotic figure", "0.000")
    assert [second[key] for key in ("field", "x", "y", "labelled as")] == ["case05_0", "20.0", "230.0", "none"]
    assert second["systems against the label"] == "2 of 2"
    text = page.read_text(encoding="utf-8")
    section = text[text.index('<section id="audit">') :]
    assert section.index('id="cards-unlabelled"') < section.index('id="cards-labelled"') < section.index("<table")
    data = json.loads(re.findall(r'id="data">(.*?)</script>', text, re.DOTALL)[0])
    assert data["items"]["unlabelled"][0]["words"] == "case05_0, 0.90, 2 of 2"
    assert {str(item["field"]) for own in data["items"].values() for item in own} == data["fields"].keys()


def test_tables_go_to_the_logger_and_without_places_is_no_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mitosis.reporting.report._plots", lambda systems: {})
    root = write_runs(tmp_path)
    for path in root.rglob("found.json"):
        path.unlink()
    sent: list[Any] = []
    monkeypatch.setattr("mitosis.logger.wandb_tables.record_tables", lambda *given, **more: sent.append((*given, more)))
    logger = {"_target_": "mitosis.logger.WandbRun", "project": "p", "entity": "me"}
    with pytest.warns(UserWarning, match="no label audit by .*evaluate the run again"):
        report({"runs": str(root), "output": None, "data": DATA, "logger": logger}, CHOICES)
    text = (root / "report" / "report.html").read_text()
    assert 'id="audit"' not in text
    assert 'id="cards-fp"' in text
    ((folder, title, tables, more),) = sent
    assert (folder, title, more) == (root / "report", "synthetic", {"project": "p", "entity": "me"})
    assert list(tables) == ["results", "comparisons", "errors", "froc", "presets", "runs"]
    with (folder / "results.csv").open(newline="") as file:
        assert [list(row) for row in tables["results"]] == list(csv.reader(file))


def test_the_page_is_one_small_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    assert len(text) < 2_000_000


@needs_chromium
def test_nothing_goes_wrong_in_a_browser(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    assert seen["wide"], "nothing is cut off at the right"
    assert seen["best"] == "resnet18, both stages"
    assert seen["plots"] >= 8


@needs_chromium
def test_tables_are_sorted_and_filtered(seen: dict[str, Any]) -> None:
    assert seen["falling"] == sorted(seen["falling"], reverse=True)
    assert seen["rising"] == sorted(seen["rising"])
    assert seen["words"] == ["resnet18"] * 9 + ["mobilenetv3_large"] * 9
    assert seen["filtered"] == ["px20"]


@needs_chromium
def test_a_click_on_a_missed_figure_shows_its_field(seen: dict[str, Any]) -> None:
    false, missed, found = seen["cards"]
    assert false == ["score 0.90"]
    assert missed[-1] == "no candidate"
    assert found == sorted(found), "least certain first"
    assert seen["opened"] == [True, "case00_0, no candidate"]
    assert seen["marks"][0] >= 1
    assert seen["marks"][2] == 1
    assert seen["natural"] == 256
    assert seen["whole"], "all of the field is seen at once"
    assert seen["closed"]
    assert seen["audit"] == [True, "case05_0, 0.90, 2 of 2"]


@needs_chromium
def test_a_narrow_screen_shows_all(page: Path) -> None:
    seen = open_page(page, "seen.wide = document.documentElement.scrollWidth <= innerWidth;", width=390)
    assert seen["errors"] == []
    assert seen["wide"]


def test_without_the_data_the_rest_is_still_reported(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs")
    for recipe in root.rglob("recipe.yaml"):
        recipe.write_text(recipe.read_text().replace("folds: synthetic", "folds: gone.csv"))
    with pytest.warns(UserWarning, match="no galleries and other matching rules for .*gone"):
        report({"runs": str(root), "output": None, "data": DATA}, CHOICES)
    text = (root / "report" / "report.html").read_text()
    assert 'id="galleries"' not in text
    assert 'id="presets"' not in text
    assert 'id="froc"' in text


def test_refusals(tmp_path: Path) -> None:
    def said(**more: Any) -> str:
        return refused(lambda: report({"runs": str(tmp_path), "output": None, "data": DATA} | more, CHOICES))

    assert said(runs=str(tmp_path / "none")) == f"runs={tmp_path / 'none'}: no such folder"
    assert "python -m mitosis.evaluate scores one" in said()
    assert said(logger={"_target_": "other"}).endswith("type logger=wandb")
    (tmp_path / "a").write_text("")
    assert said(output=str(tmp_path / "a")).endswith("is a file; give a folder")
    (tmp_path / "evaluation.json").write_text("{}")
    assert "python -m mitosis.evaluate scores one" in said(), "it is of no run"
    (tmp_path / "recipe.yaml").write_text("{}")
    assert "evaluation.json has no stages" in said()
