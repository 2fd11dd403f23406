"""The tables of a report."""

import hashlib
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from mitosis.metric.bootstrap import bootstrap_f1
from mitosis.metric.calibration import reliability
from mitosis.metric.field_scores import BOTH, FieldScores
from mitosis.metric.froc import RATES, froc
from mitosis.metric.holm import holm
from mitosis.metric.intervals import percentiles, wilson
from mitosis.metric.permutation import Permutation, paired_permutation
from mitosis.metric.stage_errors import OF_DETECTIONS, OF_FIGURES, ceilings, stage_errors
from mitosis.reporting.evaluated import Evaluated
from mitosis.reporting.systems import System
from mitosis.reporting.table import Table, rate, with_interval
from mitosis.run.weights_folder import FILE


def results(systems: Sequence[System]) -> Table:
    """Every system and stage: rates with intervals, counts, and what the training cost."""
    head = ("system", "stage", "F1", "P", "R", "F1 of folds", "AP", "TP", "detections", "mitotic figures", "folds")
    rows = [_result(system, stage) for system in systems for stage in system.stages]
    unit = systems[0].bootstrap(systems[0].whole).unit
    note = (
        f"Counts of all folds together; 95 % intervals in brackets: bootstrap of F1 over {unit}, Wilson for P and R. F1"
        f" of folds: mean ± standard deviation. {systems[0].runs[0].result['rule']}."
    )
    return Table("results", "Results", (*head, "steps", "minutes"), rows, note)


def _result(system: System, stage: str) -> list[str]:
    folds = [one.f1 for one in system.folds(stage) if one.f1 == one.f1]
    spread = f" ± {statistics.stdev(folds):.3f}" if len(folds) > 1 else ""
    mean = f"{statistics.mean(folds):.3f}{spread}" if folds else "–"
    used = [own for run in system.runs for own in (run.metrics if stage == system.whole else run.metrics[:1])]
    minutes = [own.get("minutes") for own in used]  # a combined cascade does not know them
    cost = [
        str(sum(own.get("steps", 0) for own in used)),
        "–" if None in minutes else f"{sum(filter(None, minutes)):.1f}",
    ]
    name = [system.name, stage]
    if system.overlapping:
        return [*name, "–", "–", "–", mean, *["–"] * 4, str(len(system.runs)), *cost]
    pooled, hits = system.pooled(stage), min(system.pooled(stage).tp, system.pooled(stage).predictions)
    return [
        *name,
        with_interval(pooled.f1, system.bootstrap(stage).interval),
        with_interval(pooled.precision, wilson(hits, pooled.predictions)),
        with_interval(pooled.recall, wilson(pooled.tp, pooled.truths)),
        mean,
        rate(system.curve(stage).average_precision),
        *(str(count) for count in (pooled.tp, pooled.predictions, pooled.truths)),
        str(len(system.runs)),
        *cost,
    ]


def comparisons(systems: Sequence[System]) -> Table | None:
    """The best system against every other on the same fields; None where there is no other."""
    best, *others = systems
    names = [field.field for field in best.fields]
    others = [one for one in others if sorted(field.field for field in one.fields) == sorted(names)]
    if not others or best.overlapping:
        return None
    own = best.by_field(best.whole)
    rows: list[list[str]] = []
    tests: list[tuple[Permutation, Permutation]] = []
    for other in others:
        order = {field.field: index for index, field in enumerate(other.fields)}
        theirs = other.by_field(other.whole)[[order[name] for name in names]]
        drawn = [bootstrap_f1(side, best.cases) for side in (theirs, own)]
        difference = drawn[1].values - drawn[0].values
        limits = percentiles(difference) if (difference == difference).any() else (float("nan"), float("nan"))
        by_case = paired_permutation(_by_case(theirs, best.cases), _by_case(own, best.cases))
        tests.append((by_case, paired_permutation(theirs, own)))
        rows.append([other.name, with_interval(tests[-1][1].difference, limits)])
    corrected = [holm([pair[unit].p for pair in tests]) for unit in (0, 1)]
    for index, (row, pair) in enumerate(zip(rows, tests, strict=True)):
        row += [cell for unit in (0, 1) for cell in (_p(pair[unit].p), _p(corrected[unit][index]))]
    cases, fields = (
        f"{n} {unit}{'s' if n > 1 else ''}" for n, unit in ((len(set(best.cases)), "case"), (len(names), "field"))
    )
    units = f"p over {cases}", f"p over {fields}"
    note = (
        f"F1 of “{best.name}” less that of the row, paired permutation tests, two-sided. {cases} can reach no p"
        f" below {_p(tests[0][0].smallest)}, {fields} none below {_p(tests[0][1].smallest)}; fields of one case"
        " resemble each other, so that p over fields is too small for new patients."
    )
    head = ("other system", "ΔF1", units[0], f"{units[0]}, Holm", units[1], f"{units[1]}, Holm")
    return Table("comparisons", "The best against the others", head, rows, note)


def _by_case(counts: np.ndarray, cases: Sequence[str]) -> np.ndarray:
    names, index = np.unique(np.array(cases, dtype=str), return_inverse=True)
    total = np.zeros((len(names), 3), dtype=np.int64)
    np.add.at(total, index, counts)
    return total


def _p(value: float) -> str:
    return "–" if value != value else f"{value:.4f}"


def errors(systems: Sequence[System]) -> Table:
    """Every error given to its stage, the ceilings, and the calibration of the final scores."""
    rows: list[list[str]] = []
    for system in systems:
        per_fold = [(run.fields, run.threshold(system.whole)) for run in system.runs]
        total = sum((stage_errors(fields, at) for fields, at in per_fold), start=stage_errors([], 0))
        counts = [str(total[word]) for word in (*OF_FIGURES, *OF_DETECTIONS)]
        perfect = ceilings(system.fields, per_fold[0][1]) if len(per_fold) == 1 else _ceilings(system)
        ece = reliability(*labelled(system.fields)).ece
        rows.append([system.name, *counts, *map(rate, perfect), rate(ece)])
    head = (
        "system",
        *OF_FIGURES,
        *OF_DETECTIONS,
        "F1 if stage one were perfect",
        "F1 if stage two were perfect",
        "ECE",
    )
    note = (
        "What became of each mitotic figure (the first four counts sum to all of them), and of each false detection."
        " Missed by stage one: no candidate, because the probability was low or the component small. A perfect stage"
        " one proposes the figures and nothing else; a perfect stage two makes no error on today’s candidates. ECE:"
        " expected calibration error of the final score."
    )
    return Table("errors", "Which stage makes the errors", head, rows, note)


def _ceilings(system: System) -> tuple[float, float]:
    """The ceilings of all folds together: each fold has its own threshold, so F1 is computed from summed errors."""
    parts = [(run, stage_errors(run.fields, run.threshold(system.whole))) for run in system.runs]
    truths = sum(field.truths for field in system.fields)
    reached, rejected = sum(field.reached for field in system.fields), sum(total[OF_FIGURES[2]] for _, total in parts)
    f1 = [2 * right / (right + truths) if truths else float("nan") for right in (truths - rejected, reached)]
    return f1[0], f1[1]


def labelled(fields: Sequence[FieldScores]) -> tuple[np.ndarray, np.ndarray]:
    """The final score of every candidate, and whether it reaches a mitotic figure."""
    scores, mitotic = [np.zeros(0)], [np.zeros(0, dtype=bool)]
    for one in fields:
        reaching = np.zeros(len(one.scores[BOTH]), dtype=bool)
        reaching[one.reach.prediction] = True
        scores.append(one.scores[BOTH])
        mitotic.append(reaching)
    return np.concatenate(scores), np.concatenate(mitotic)


def free_response(systems: Sequence[System]) -> Table | None:
    """Recall at fixed numbers of false alarms per mm²; None where no system's area is known."""
    rows = [
        [system.name, stage, *(rate(one) for one in recalls), rate(float(np.mean(recalls)))]
        for system in systems
        if system.area_mm2
        for stage in system.stages
        for recalls in [froc(system.curve(stage), system.area_mm2)]
    ]
    if not rows:
        return None
    head = ("system", "stage", *(f"R at {one:g}" for one in RATES), "mean")
    note = "The highest recall with at most so many false alarms per mm², over all fields."
    return Table("froc", "Recall at a price in false alarms", head, rows, note)


def runs(systems: Sequence[System]) -> Table:
    """Every run: where it lies, what identifies its recipe and data, and what it cost."""
    head = ("system", "fold", "stage", "folder", "recipe", "data", "seed", "steps", "minutes", "hardware")
    rows = [
        [system.name, str(run.recipe["fold"]), *cells]
        for system in systems
        for run in system.runs
        for cells in _run(run)
    ]
    note = (
        "Recipe: first digits of the SHA-256 of recipe.yaml, or of cascade.json for combined networks. Data: those of"
        " the labels it was trained on."
    )
    return Table("runs", "The runs", head, rows, note)


def _run(run: Evaluated) -> list[list[str]]:
    rows: list[list[str]] = []
    for number, (folder, metrics) in enumerate(zip(run.folders, run.metrics, strict=True)):
        recipe: dict[str, Any] = run.first if number == 0 else run.recipe
        told = (folder / (FILE if run.networks else "recipe.yaml")).read_bytes()
        digest = hashlib.sha256(told).hexdigest()[:12]
        labels = str(metrics.get("labels") or "–")[:12]
        cost = [str(metrics.get("steps", "–")), str(metrics.get("minutes", "–")), str(metrics.get("hardware", "–"))]
        stage = ("one", "two")[number]
        rows.append([stage, "/".join(folder.parts[-5:]), digest, labels, str(recipe.get("seed", "–")), *cost])
    return rows
