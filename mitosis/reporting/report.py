"""A report from finished runs: its tables, its plots, its galleries."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mitosis.errors import InputError
from mitosis.files import read_yaml
from mitosis.metric.counts import Counts
from mitosis.metric.matching import Matching
from mitosis.reporting import plots, tables
from mitosis.reporting.audit import Doubt, audit_items, audit_table, doubts_of, opinions_of
from mitosis.reporting.evaluated import Evaluated
from mitosis.reporting.fields import Shown, area_mm2, counts_under, open_fields
from mitosis.reporting.gallery import AUDITED, KINDS, Item, gallery_of, items_of
from mitosis.reporting.history import read_history
from mitosis.reporting.page.report_page import Answer, Content, Plot
from mitosis.reporting.places import read_places
from mitosis.reporting.systems import System, systems_of
from mitosis.reporting.table import Table, rate, with_interval
from mitosis.run.build import build
from mitosis.run.conf import CONF, words_of
from mitosis.version import installed_version

SIGNIFICANT = 0.05
COURSES = {"train/loss": "loss in training", "val/ap": "average precision on val", "val/f1": "best F1 on val"}


def report_of(runs: Sequence[Evaluated], given: Mapping[str, Any]) -> Content:
    """Everything that a report shows.

    Args:
        runs: The evaluated runs.
        given: ``data`` of the command: the roots, where the data has moved. Where the fields cannot be opened, a
            warning says so, and what needs them is left out.
    """
    beside = {run.first["name"]["data"]: run.segmenter for run in runs if not run.networks}
    shown = {run.folder: _fields_of(run, given, beside.get(run.first["name"]["data"])) for run in runs}
    runs = [_with_area(run, shown[run.folder]) for run in runs]
    systems = systems_of(runs)
    best = systems[0]
    fields = [field for run in best.runs for field in shown[run.folder]]
    rule = build(best.runs[0].first["matching"], "matching")
    compared = tables.comparisons(systems)
    doubts = _doubts(best, fields, runs, rule)
    items = items_of(fields, best.fields, rule) if fields else []
    made = [
        tables.results(systems),
        compared,
        tables.errors(systems),
        tables.free_response(systems),
        _presets(systems, shown),
        audit_table(doubts, [field.record for field in fields]) if doubts is not None else None,
        tables.runs(systems),
    ]
    return Content(
        title=", ".join(dict.fromkeys(run.first["name"]["data"] for run in runs)),
        answer=answer_of(systems, compared),
        tables=[table for table in made if table is not None],
        plots=_plots(systems),
        gallery=_gallery(fields, items, doubts),
        facts=[f"{len(runs)} runs, drawn by mitosis {installed_version()}.", best.runs[0].result["note"] or ""],
    )


def answer_of(systems: Sequence[System], compared: Table | None) -> Answer:
    """The best system, its numbers, and whether it can be told from the next."""
    best = systems[0]
    pooled = best.pooled(best.whole)
    interval = best.bootstrap(best.whole)
    folds, cases = len(best.runs), len(set(best.cases))
    numbers = [
        (with_interval(pooled.f1, interval.interval), f"F1 and 95 % interval ({interval.unit})"),
        (rate(pooled.precision), f"precision: {pooled.tp} of {pooled.predictions} detections"),
        (rate(pooled.recall), f"recall: {pooled.tp} of {pooled.truths} mitotic figures"),
        (
            str(len(best.fields)),
            f"test fields of {cases} case{'s' if cases > 1 else ''} in {folds} fold{'s' if folds > 1 else ''}",
        ),
    ]
    return Answer(_label(systems, best), f"{best.name}, {best.whole}", numbers, _verdict(compared))


def _label(systems: Sequence[System], best: System) -> str:
    if best.overlapping:
        return "Folds share test fields: their counts are summed here, so that some figures count more than once"
    return "The only system" if len(systems) == 1 else f"Highest F1 of {len(systems)} systems"


def _verdict(compared: Table | None) -> str:
    if compared is None:
        return ""
    nearest = min(compared.rows, key=lambda row: float(row[1].split(" ")[0].replace("–", "inf")))
    words = f"Its F1 exceeds that of the next system, “{nearest[0]}”, by {nearest[1]}"
    clear = "" if float(nearest[3].replace("–", "1")) < SIGNIFICANT else ": these cases cannot tell the two apart"
    return f"{words}; p {nearest[3]} over cases, Holm-corrected{clear}."


def _fields_of(run: Evaluated, given: Mapping[str, Any], beside: Path | None) -> list[Shown]:
    try:
        return open_fields(run, given, beside)
    except (InputError, OSError) as error:
        warnings.warn(f"no galleries and other matching rules for {run.folder}: {error}", stacklevel=1)
        return []


def _doubts(best: System, fields: Sequence[Shown], runs: Sequence[Evaluated], rule: Matching) -> list[Doubt] | None:
    """The doubts about the best system's test fields of all runs that were tested on them; None if none can be had."""
    data = best.runs[0].first["name"]["data"]
    judging = [run for run in runs if run.first["name"]["data"] == data] if fields else []
    places: dict[Path, dict[str, np.ndarray]] = {}
    for run in judging:
        try:
            places[run.folder] = read_places(run)
        except InputError as error:
            warnings.warn(f"no label audit by {run.folder}: {error}", stacklevel=1)
    return doubts_of([field.record for field in fields], opinions_of(judging, places), rule) if places else None


def _gallery(fields: Sequence[Shown], items: Sequence[Item], doubts: Sequence[Doubt] | None) -> dict[str, Any]:
    if not fields:
        return {}
    if doubts is None:
        return gallery_of(fields, items)
    return gallery_of(fields, [*items, *audit_items(doubts)], {**KINDS, **AUDITED})


def _with_area(run: Evaluated, fields: Sequence[Shown]) -> Evaluated:
    """The run; its evaluation, if an earlier version wrote it, completed by the area of its fields."""
    if not fields or run.result.get("area_mm2"):
        return run
    return replace(run, result=run.result | {"area_mm2": area_mm2(fields)})


def _presets(systems: Sequence[System], shown: Mapping[Path, Sequence[Shown]]) -> Table | None:
    rows: list[list[str]] = []
    for word in words_of("matching"):
        rule = build(read_yaml(CONF / "matching" / f"{word}.yaml"), "matching")
        for system in systems:
            fields = [field for run in system.runs for field in shown[run.folder]]
            if len(fields) == len(system.fields):
                counts = Counts.of(*counts_under(rule, fields))
                rates = [rate(one) for one in (counts.f1, counts.precision, counts.recall)]
                rows.append([system.name, word, *rates, str(counts.tp), str(counts.predictions), str(counts.truths)])
    if not rows:
        return None
    head = ("system", "matching", "F1", "P", "R", "TP", "detections", "mitotic figures")
    note = "The same detections under every matching rule; their thresholds were chosen under the dataset’s own."
    return Table("presets", "Under every matching rule", head, rows, note)


def _plots(systems: Sequence[System]) -> dict[str, list[Plot]]:
    drawn = systems[: plots.MOST]
    made = {
        "results": [
            Plot(plots.ablation(systems), "F1 of each system.", wide=True),
            Plot(plots.precision_recall(drawn), "Precision and recall at every threshold; dots: at the chosen one."),
            Plot(plots.proposals(drawn), "What stage one can give to stage two."),
        ],
        "errors": [Plot(plots.reliability_diagram(drawn), "A calibrated score lies on the diagonal.")],
        "runs": _courses(systems[0]),
    }
    if any(system.area_mm2 for system in drawn):
        made["froc"] = [Plot(plots.froc_curves(drawn), "Recall against false alarms.")]
    return made


def _courses(system: System) -> list[Plot]:
    """The trainings of a system, stage by stage."""
    made: list[Plot] = []
    for number, stage in enumerate(("stage one", "stage two")[: len(system.runs[0].folders)]):
        histories = [read_history(run.folders[number], f"fold {run.recipe['fold']}") for run in system.runs]
        for column, words in COURSES.items():
            if any(history.line(column)[0] for history in histories):
                name = f"{stage}-{column}".replace(" ", "-").replace("/", "-")
                made.append(Plot(plots.training(name, words, histories, column), f"{system.name}, {stage}."))
    return made
