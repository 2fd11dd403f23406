"""The folds of a run as one Markdown table: ``python experiments/folds.py FOLDER …``, the parents of ``fold-…``.

Shows each fold, the mean over the folds with a defined value, and the pooled counts of all folds, both for mitoses and
for pixels. Folds with the same test fields (``midogpp``) are not pooled.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mitosis.metric import statistics

FIGURES = ("precision", "recall", "f1")


def main(folders: list[Path]) -> None:
    for folder in folders:
        results = {
            path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("fold-*/evaluation.json"))
        }
        if not results:
            sys.exit(f"{folder}: no fold-…/evaluation.json in it; python -m mitosis.evaluate makes them")
        print(f"\n{folder}\n\nRule: {next(iter(results.values()))['rule']}.\n")
        print("| | mitoses: P | R | F1 | TP | predictions | ground truths | pixels: P | R | F1 |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for line in lines(results):
            print(line)


def lines(results: dict[str, dict[str, Any]]) -> list[str]:
    """One row per fold (name → ``evaluation.json``), then the mean and the pooled row."""
    objects = {fold: result["stages"][-1] for fold, result in results.items()}
    pixels = {fold: result["pixel"] for fold, result in results.items()}
    rows = [row(fold, objects[fold], pixels[fold]) for fold in results]
    mean = [{name: average(item[name] for item in side.values()) for name in FIGURES} for side in (objects, pixels)]
    totals = {name: sum(item[name] for item in objects.values()) for name in ("tp", "predictions", "truths")}
    counts = {name: sum(item[name] for item in pixels.values()) for name in ("tp", "fp", "fn")}
    pooled = rates(totals["tp"], totals["predictions"] - totals["tp"], totals["truths"] - totals["tp"])
    if repeated([result.get("names", ()) for result in results.values()]):
        return [*rows, row("mean of folds", *mean)]
    return [*rows, row("mean of folds", *mean), row("pooled", pooled | totals, rates(**counts))]


def repeated(tested: Sequence[Sequence[str]]) -> bool:
    """Whether folds share test fields, whose mitoses would be counted more than once when pooled."""
    names = [name for fold in tested for name in fold]
    return len(set(names)) < len(names)


def rates(tp: int, fp: int, fn: int) -> dict[str, float]:
    return {
        "precision": statistics.precision(tp, fp),
        "recall": statistics.recall(tp, fn),
        "f1": statistics.f1(tp, fp, fn),
    }


def average(values: Any) -> float | None:
    """Mean of the defined values; None if there are none."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def row(name: str, objects: dict[str, Any], pixels: dict[str, Any]) -> str:
    cells = [rate(objects[figure]) for figure in FIGURES]
    cells += [str(objects.get(count, "")) for count in ("tp", "predictions", "truths")]
    cells += [rate(pixels[figure]) for figure in FIGURES]
    return f"| {name} | {' | '.join(cells)} |"


def rate(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.4f}"


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
