"""A table of a paper: ``python experiments/sweep.py NAME [KEY=VALUE …]`` runs what is missing, then draws it.

NAME is a sweep of the pipeline in conf/experiment, a key of ``SWEPT``. The rest are overrides of
``python -m mitosis.pipeline``; finished steps are skipped. The table goes to the terminal and, as Markdown and csv, to
RUNS/DATA/NAME.md and .csv. With ``budget=smoke`` it is a trial on fold 0 of synthetic fields unless others are named.

Counts are pooled over the folds; F1 also as mean ± standard deviation of the folds. 95 % intervals in brackets: Wilson
for rates, bootstrap over fields for F1. A published number is marked ≠ where it stands for other data or another split.
"""

import csv
import io
import itertools
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import script
import yaml
from folds import repeated
from hydra.core.override_parser.overrides_parser import OverridesParser

from mitosis import files
from mitosis.cli.compose import compose
from mitosis.cli.overrides import arrange
from mitosis.cli.plan import plan_of
from mitosis.errors import InputError
from mitosis.metric.counts import Counts
from mitosis.metric.field_scores import BOTH
from mitosis.metric.intervals import percentiles, resampled_f1, wilson
from mitosis.output.scored import read_scored
from mitosis.run.conf import CONF
from mitosis.run.name import tested_on

PUBLISHED = Path(__file__).with_name("published.csv")
HEAD = (
    "variant",
    "stage",
    "P",
    "R",
    "F1",
    "F1 of folds",
    "TP",
    "predictions",
    "ground truths",
    "folds",
    "start",
    "steps",
)
HEAD += ("minutes", "published P", "published R", "published F1", "source")
SWEPT = {
    **{"table2": "ablation", "table3": "classifier.model", "table4": "segmenter.model", "figure6": "classifier.model"},
    **{"unet_folds": "segmenter.model", "unet_without_augmentation": "segmenter.model"},
    **{"loss_table": "segmenter.set", "augment_table": "segmenter.set", "window_table": "segmenter.set"},
    **{"stain_table": "stain", "cross_dataset": "data"},
}
"""A sweep's own key, whose values are the rows of its table."""
SMOKE = {
    **{"unet_folds": "segmenter.set=[]", "unet_without_augmentation": "segmenter.set=[augment=none]"},
    "cross_dataset": "others=[synthetic.drawing_seed=1]",
}
"""What a smoke run sets in sweeps that give a number of steps of their own, or need other datasets."""
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
    """One variant on one stage, over its folds: counts of all, counts of each field (n, 3), and what it cost."""

    variant: str
    stage: str
    folds: list[Counts] = field(default_factory=list)
    fields: list[tuple[int, int, int]] = field(default_factory=list)
    tested: list[list[str]] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    steps: int = 0
    minutes: float = 0.0


def main(arguments: Sequence[str]) -> None:
    if not arguments or arguments[0] not in SWEPT:
        raise InputError(f"{' '.join(arguments[:1]) or 'no name'}: type one of {', '.join(SWEPT)}")
    name, typed = arguments[0], arrange(with_defaults(arguments[0], arguments[1:]), "pipeline")
    runs = [
        run for job in jobs_of(name, typed) for run in runs_of(name, job)
    ]  # a wrong override ends it here, before any training
    if len({run.data for run in runs}) > 1:
        raise InputError("data: a table is of one dataset; type the command once for each")
    command = [sys.executable, "-m", "mitosis.pipeline", f"experiment={name}", *typed]
    code = subprocess.run(command, check=False).returncode
    missing = [run for run in runs if not run.result().get("stages")]
    if len(missing) < len(runs):
        lines = table(name, rows_of(runs), *split_of(runs))
        shown = f"{markdown(lines)}\n{caption(name, *split_of(runs))}\n"
        for suffix, text in ((".md", shown), (".csv", as_csv(lines))):
            files.write_text(runs[0].table / f"{name}{suffix}", text)
        print(f"\n{shown}\n{runs[0].table / name}.md and .csv")
    if code or missing:
        sys.exit(f"mitosis: {len(missing)} of {len(runs)} runs have no result; the same command goes on from there")


def with_defaults(name: str, typed: Sequence[str]) -> list[str]:
    """The overrides; a smoke run is of synthetic fields, and of one fold, unless others are named."""
    if "budget=smoke" not in typed:
        return list(typed)
    data = [] if any(text.startswith(("data=", "data.root=", "data.sets.")) for text in typed) else ["data=synthetic"]
    fold = [] if any(text.startswith("fold=") for text in typed) else ["fold=0"]
    set_anew = SMOKE.get(name, "")
    own = [] if any(text.startswith(set_anew.partition("=")[0]) for text in typed) else [set_anew]
    return [*data, *fold, *filter(None, own), *typed]


def jobs_of(name: str, typed: Sequence[str]) -> list[dict[str, str]]:
    """The runs of a sweep: each a dict from key to override, in the order of the yaml."""
    swept = yaml.safe_load((CONF / "experiment" / f"{name}.yaml").read_text(encoding="utf-8"))["hydra"]["sweeper"]
    texts = {key: f"{key}={value}" for key, value in swept["params"].items()}
    texts |= {text.partition("=")[0]: text for text in typed if not text.startswith("-")}
    choices = []
    for text in texts.values():
        override = OverridesParser.create().parse_override(text)
        key = override.get_key_element()
        many = override.is_discrete_sweep()
        choices.append([f"{key}={one}" for one in override.sweep_string_iterator()] if many else [text])
    return [dict(zip(texts, job, strict=True)) for job in itertools.product(*choices)]


def runs_of(name: str, job: dict[str, str]) -> list[Run]:
    """Where a run's results are or will be, one for each dataset; ``InputError`` if it cannot be planned."""
    config, choices = compose("pipeline", [f"experiment={name}", *job.values()])
    plan = plan_of(config, choices)
    tests = [overrides for step, overrides in plan.steps if step == "evaluate"]
    if name == "cross_dataset" and len(tests) == 1:
        raise InputError("cross_dataset: type others=[WORD=DIR,…], the datasets to test on")
    stages = [text.partition("=")[2] for text in tests[0] if text.startswith(("segmenter=", "classifier="))]
    own = re.sub(r"[\[\]']", "", job[SWEPT[name]].partition("=")[2])  # of a list of overrides, these alone
    table = Path(config["runs"]) / choices.words["data"]
    others = ["", *(tested_on(*compose("evaluate", overrides)) for overrides in tests[1:])]
    where = (choices.words["data"], str(config["fold"]), [Path(run) for run in stages], table)
    return [Run(f"{own} → {other}" if other else own, *where, other) for other in others]


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
    tested = "the official test part" if fold == "official" else f"out-of-fold on the folds {fold} of the training part"
    if name == "cross_dataset":
        tested += "; of the datasets behind an arrow, all fields but those of patients that were trained on"
    text = f"Tested: {data}, {tested}. Published numbers marked ≠ are of other data or another split."
    if name == "cross_dataset":
        text += " Where all folds test the same fields, P, R and counts are means of the folds."
    return f"{text} Start: where the weights of the networks of a row began, ImageNet or at random."


def ours(row: Row) -> list[str]:
    f1 = [one.f1 for one in row.folds if one.f1 == one.f1]
    spread = f" ± {statistics.stdev(f1):.3f}" if len(f1) > 1 else ""
    mean = f"{statistics.mean(f1):.3f}{spread}" if f1 else "–"
    cost = [str(len(row.folds)), ", ".join(dict.fromkeys(row.starts)), str(row.steps), f"{row.minutes:.0f}"]
    if repeated(row.tested):
        return [*means(row, mean), *cost]
    tp, predictions, truths = (sum(getattr(one, key) for one in row.folds) for key in ("tp", "predictions", "truths"))
    pooled = Counts.of(tp, predictions, truths)
    return [
        interval(pooled.precision, wilson(tp, tp + pooled.fp)),
        interval(pooled.recall, wilson(tp, truths)),
        interval(pooled.f1, percentiles(resampled_f1(np.array(row.fields, dtype=np.int64)))),
        *(mean, str(tp), str(predictions), str(truths)),
        *cost,
    ]


def means(row: Row, f1: str) -> list[str]:
    """The cells of folds that test the same fields, so that no count is pooled: means, if all test all of them."""
    if any(set(one) != set(row.tested[0]) for one in row.tested):
        return ["–", "–", "–", f1, "–", "–", "–"]
    rates = [[getattr(one, key) for one in row.folds] for key in ("precision", "recall")]
    precision, recall = ("–" if (value := statistics.fmean(own)) != value else f"{value:.3f}" for own in rates)
    tp, predictions = (statistics.fmean(getattr(one, key) for one in row.folds) for key in ("tp", "predictions"))
    return [precision, recall, "–", f1, f"{tp:.1f}", f"{predictions:.1f}", str(row.folds[0].truths)]


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


if __name__ == "__main__":
    script.run(main)
