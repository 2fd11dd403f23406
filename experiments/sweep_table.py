"""The table of a sweep: its finished runs by variant and stage, beside the published numbers."""

import csv
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from folds import repeated

from mitosis import files
from mitosis.metric.counts import Counts
from mitosis.metric.field_scores import BOTH
from mitosis.metric.intervals import percentiles, resampled_f1, wilson
from mitosis.output.scored import read_scored

PUBLISHED = Path(__file__).with_name("published.csv")
HEAD = (
    "variant",
    "stage",
    "P",
    "R",
    "F1",
    "F1 of folds",
    "AP of folds",
    "TP",
    "predictions",
    "ground truths",
    "folds",
    "start",
    "steps",
)
HEAD += ("minutes", "published P", "published R", "published F1", "source")
OTHERS = ("table3",)
"""Tables that also list published methods that are not run here."""


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes:
        variant: The value of the sweep's own key; for another dataset, that of the training and it.
        data: Its dataset.
        fold: Its fold.
        stages: The run folders of its stages.
        table: Folder of the table.
        other: The other dataset that is tested on, as a slug; empty for the dataset's own test part.
    """

    variant: str
    data: str
    fold: str
    stages: list[Path]
    table: Path
    other: str = ""

    def result(self) -> dict[str, Any]:
        """Its ``evaluation.json``; empty before it is finished."""
        return files.read_json(self.file("evaluation.json"))

    def file(self, name: str) -> Path:
        """A file of its evaluation, which for another dataset has a suffix."""
        stem, _, end = name.partition(".")
        return self.stages[-1] / (f"{stem}-on-{self.other}.{end}" if self.other else name)


@dataclass
class Row:
    """One variant on one stage, over its folds: counts, average precision, counts of each field, and what it cost."""

    variant: str
    stage: str
    folds: list[Counts] = field(default_factory=list)
    ap: list[float | None] = field(default_factory=list)
    fields: list[tuple[int, int, int]] = field(default_factory=list)
    tested: list[list[str]] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    steps: int = 0
    minutes: float = 0.0


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """The finished runs by variant and stage."""
    rows: dict[tuple[str, str], Row] = {}
    for run in runs:
        result = run.result()
        for stage in result.get("stages", ()):
            key = (run.variant, stage["stage"])
            add(rows.setdefault(key, Row(*key)), run, result, stage)
    return list(rows.values())


def add(row: Row, run: Run, result: dict[str, Any], stage: dict[str, Any]) -> None:
    """Add the result of one fold to the row of its variant and stage."""
    row.folds.append(Counts.of(stage["tp"], stage["predictions"], stage["truths"]))
    row.ap.append(stage.get("ap"))
    row.tested.append(result["names"])
    fields = read_scored(run.file("scores.csv"))
    chosen = result["chosen"]
    threshold = chosen["classifier"]["threshold"] if stage["stage"] == BOTH else chosen["segmenter"].get("alone", 0.0)
    row.fields += [one.counts(stage["stage"], threshold) for one in fields]
    for trained in run.stages if stage["stage"] == BOTH else run.stages[:1]:
        metrics = files.read_json(trained / "metrics.json")
        row.starts.append("ImageNet" if metrics.get("pretrained") else "random")
        row.steps += metrics["steps"]
        row.minutes += metrics["minutes"]


def split_of(runs: Sequence[Run]) -> tuple[str, str]:
    """The dataset of the runs, and their folds."""
    return runs[0].data, ",".join(dict.fromkeys(run.fold for run in runs))


def shown(name: str, runs: Sequence[Run]) -> str:
    """The table of the runs as Markdown, with how to read it; a source that all rows share stands below."""
    lines = table(name, rows_of(runs), *split_of(runs))
    column = HEAD.index("source")
    sources = {line[column] for line in lines[1:]} - {""}
    below = caption(name, *split_of(runs))
    if len(sources) < 2:
        lines = [line[:column] for line in lines]
        below += "".join(f" Published: {source}." for source in sources)
    return f"{markdown(lines)}\n{below}\n"


def table(name: str, rows: Sequence[Row], data: str, fold: str) -> list[list[str]]:
    """The cells of the table, with its head."""
    with PUBLISHED.open(newline="", encoding="utf-8") as file:
        published = {
            (line["variant"], line["stage"]): line for line in csv.DictReader(file) if line["experiment"] == name
        }
    lines = [list(HEAD)]
    for row in rows:
        known = published.pop((row.variant, row.stage), None)
        lines.append([row.variant, row.stage, *ours(row), *theirs(known, data, fold)])
    if name in OTHERS:
        blank = [""] * (len(HEAD) - 6)
        lines += [[*key, *blank, *theirs(known, data, fold)] for key, known in published.items()]
    return lines


def caption(name: str, data: str, fold: str) -> str:
    """How to read the table: what was tested, and from what the networks started."""
    tested = (
        "the official test part"
        if fold == "official"
        else f"out-of-fold on {'folds' if ',' in fold else 'fold'} {fold} of the training part"
    )
    if name == "cross_dataset":
        tested += "; of the datasets behind an arrow, all fields but those of patients that were trained on"
    text = f"Tested: {data}, {tested}. Published numbers marked ≠ are of other data or another split."
    if name == "cross_dataset":
        text += " Where all folds test the same fields, P, R and counts are means of the folds."
    return f"{text} Start: where the weights of the networks of a row began, ImageNet or at random."


def ours(row: Row) -> list[str]:
    of_folds = [over_folds([one.f1 for one in row.folds if one.f1 == one.f1])]
    of_folds.append(over_folds([one for one in row.ap if one is not None]))
    cost = [str(len(row.folds)), ", ".join(dict.fromkeys(row.starts)), str(row.steps), f"{row.minutes:.0f}"]
    if repeated(row.tested):
        return [*means(row, of_folds), *cost]
    tp, predictions, truths = (sum(getattr(one, key) for one in row.folds) for key in ("tp", "predictions", "truths"))
    pooled = Counts.of(tp, predictions, truths)
    return [
        interval(pooled.precision, wilson(tp, tp + pooled.fp)),
        interval(pooled.recall, wilson(tp, truths)),
        interval(pooled.f1, percentiles(resampled_f1(np.array(row.fields, dtype=np.int64)))),
        *(*of_folds, str(tp), str(predictions), str(truths)),
        *cost,
    ]


def over_folds(values: Sequence[float]) -> str:
    """Mean ± standard deviation; – without values."""
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3f}{spread}" if values else "–"


def means(row: Row, of_folds: Sequence[str]) -> list[str]:
    """The cells of folds that test the same fields, so that no count is pooled: means, if all test all of them."""
    if any(set(one) != set(row.tested[0]) for one in row.tested):
        return ["–", "–", "–", *of_folds, "–", "–", "–"]
    rates = [[getattr(one, key) for one in row.folds] for key in ("precision", "recall")]
    precision, recall = ("–" if (value := statistics.fmean(own)) != value else f"{value:.3f}" for own in rates)
    tp, predictions = (statistics.fmean(getattr(one, key) for one in row.folds) for key in ("tp", "predictions"))
    return [precision, recall, "–", *of_folds, f"{tp:.1f}", f"{predictions:.1f}", str(row.folds[0].truths)]


def theirs(known: dict[str, str] | None, data: str, fold: str) -> list[str]:
    """The published rates and their source, marked where data or split differ."""
    if known is None:
        return ["", "", "", ""]
    mark = "" if (known["data"], known["fold"]) == (data, fold) else " ≠"
    numbers = [f"{known[key]}{mark}" for key in ("precision", "recall", "f1")]
    return [*numbers, f"{known['source']}: {known['data']}, {known['fold']} split, rule not stated"]


def interval(value: float, limits: tuple[float, float]) -> str:
    return "–" if value != value else f"{value:.3f} [{limits[0]:.3f}, {limits[1]:.3f}]"


def markdown(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([head, f"|{'---|' * len(lines[0])}", *rows]) + "\n"


def as_csv(lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
