"""The cascade on patients that it has not seen, as Markdown: ``python experiments/unseen.py FOLDER …``.

Each folder is a fold's: it holds the ``cascade.json`` of ``mitosis.combine`` and the ``scores.csv`` of
``mitosis.evaluate``; the weights are not needed. The thresholds of a fold come from its training patients alone. A
folder without ``scores.csv`` shows the halves on each other (``out_of_fold.csv``), on which its thresholds were chosen.
Beside each F1 stands that of the best common threshold, chosen on the shown fields themselves: an upper figure, not a
result. Of several folds, one row takes each fold's threshold from the test fields of the others: the highest pooled F1.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mitosis.metric import statistics
from mitosis.metric.counts import Counts
from mitosis.metric.field_scores import ALONE, BOTH, STAGES, FieldScores, curve_of
from mitosis.metric.intervals import percentiles, resampled_f1, wilson
from mitosis.output.scored import read_scored


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold: its fields, and the thresholds by stage and operating point."""

    fields: Sequence[FieldScores]
    thresholds: dict[str, dict[str, float]]
    rule: str

    def of(self, case: str) -> "Fold":
        """The fold with the fields of a patient alone."""
        return replace(self, fields=[field for field in self.fields if field.case == case])


def main(folders: Sequence[Path]) -> None:
    print(drawn(folders), end="")


def drawn(folders: Sequence[Path]) -> str:
    """The tables of the folders, each a fold's, as Markdown."""
    folds = [read(folder) for folder in folders]
    fields = [field for fold in folds for field in fold.fields]
    cases = sorted({field.case for field in fields})
    truths = sum(field.truths for field in fields)
    reached = sum(field.reached for field in fields)
    of_both = pooled(folds, BOTH, "balanced")
    kept = int(of_both[:, 0].sum())
    low, high = percentiles(resampled_f1(of_both) - resampled_f1(pooled(folds, ALONE, "balanced")))
    lines = [
        f"{len(fields)} fields of {len(cases)} patients, {truths} mitotic figures; 95 % intervals in brackets.",
        "",
        "| | P | R | F1 | TP | predictions | F1 at the best common threshold |",
        "|---|---|---|---|---|---|---|",
        *(row(stage, pooled(folds, stage, "balanced"), best(fields, stage)) for stage in STAGES),
        *(row(f"{BOTH}, {point}", pooled(folds, BOTH, point), None) for point in ("high_recall", "high_precision")),
        *([row(f"{BOTH}, threshold of the other folds", with_others(folds), None)] if len(folds) > 1 else []),
        "",
        f"Both stages less stage one alone, the same fields drawn: {low:+.3f} to {high:+.3f}.",
        "",
        "| patient | mitotic figures | P | R | F1 | its own best F1 | stage one alone |",
        "|---|---|---|---|---|---|---|",
        *(case_row(case, [fold.of(case) for fold in folds]) for case in cases),
        "",
        f"Of {truths} mitotic figures, stage one proposes {reached}; both stages keep {kept}, and lose {reached - kept}"
        " that were proposed. With perfect decisions on its candidates, F1 would be"
        f" {statistics.f1(reached, 0, truths - reached):.3f}.",
    ]
    return "\n".join(lines) + "\n"


def read(folder: Path) -> Fold:
    """A fold's ``cascade.json`` and the scores of its test fields, or else of the halves."""
    table = folder / "scores.csv"
    decision = json.loads((folder / "cascade.json").read_text())["decision"]
    both = {point: values["threshold"] for point, values in decision["points"].items()}
    alone = {"balanced": decision["alone"]["threshold"]}
    fields = read_scored(table if table.is_file() else folder / "out_of_fold.csv")
    return Fold(fields, {ALONE: alone, BOTH: both}, decision["rule"])


def pooled(folds: Iterable[Fold], stage: str, point: str) -> np.ndarray:
    """TP, predictions and truths of every field of all folds, (n, 3)."""
    counts = [field.counts(stage, fold.thresholds[stage][point]) for fold in folds for field in fold.fields]
    return np.array(counts, dtype=np.int64).reshape(-1, 3)


def with_others(folds: Sequence[Fold]) -> np.ndarray:
    """TP, predictions and truths of every field of all folds, each fold at the threshold that is best on the others."""
    collected = []
    for fold in folds:
        threshold, _ = curve_of((field for other in folds if other is not fold for field in other.fields), BOTH).best
        collected.append(pooled([replace(fold, thresholds={BOTH: {"others": threshold}})], BOTH, "others"))
    return np.concatenate(collected)


def best(fields: Sequence[FieldScores], stage: str) -> float:
    """F1 at the threshold, common to the fields, that maximises it; nan without candidates and mitotic figures."""
    return curve_of(fields, stage).best[1].f1


def row(name: str, fields: np.ndarray, upper: float | None) -> str:
    tp, predictions, truths = (int(total) for total in fields.sum(axis=0))
    counts = Counts.of(tp, predictions, truths)
    cells = [
        interval(counts.precision, wilson(tp, predictions)),
        interval(counts.recall, wilson(tp, truths)),
        interval(counts.f1, percentiles(resampled_f1(fields))),
        str(tp),
        str(predictions),
        "" if upper is None else f"{upper:.3f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def case_row(case: str, folds: Sequence[Fold]) -> str:
    fields = [field for fold in folds for field in fold.fields]
    one, two = (Counts.of(*map(int, pooled(folds, stage, "balanced").sum(axis=0))) for stage in STAGES)
    rates = [two.precision, two.recall, two.f1, best(fields, "both stages"), one.f1]
    return f"| {case} | {two.truths} | {' | '.join('–' if rate != rate else f'{rate:.3f}' for rate in rates)} |"


def interval(value: float, limits: tuple[float, float]) -> str:
    return "–" if value != value else f"{value:.3f} [{limits[0]:.3f}, {limits[1]:.3f}]"


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
