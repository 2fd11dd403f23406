"""The folds of a variant as one table in Weights & Biases: ``python experiments/wandb_folds.py VARIANT [VARIANT …]``.

VARIANT is a folder with the runs ``fold-0``, ``fold-1`` …; the environment variable WANDB_PROJECT sets the project
(default ``mitosis``). The table is its own run in the group of the folds; calling the script again updates it.
"""

import os
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

from folds import repeated

from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.logger.wandb import describe, start
from mitosis.run.folder import read_recipe

VAL = ("ap", "f1", "precision", "recall")
TEST = ("precision", "recall", "f1", "tp", "predictions", "truths", "ap")
COLUMNS = ["fold", "steps", "minutes", *(f"val/{name}" for name in VAL), "threshold", "window"]
COLUMNS += ["test/stage", *(f"test/{name}" for name in TEST), "rule"]


def main(variants: list[Path]) -> None:
    for variant in variants:
        if not (runs := finished(variant)):
            raise InputError(f"{variant}: no finished run in it; give a folder that holds fold-0, fold-1 …")
        rows = [row(run) for run in runs]
        upload(variant, describe(read_recipe(runs[0])), rows, summary(rows))


def finished(variant: Path) -> list[Path]:
    return [run for run in sorted(variant.glob("fold-*")) if (run / "metrics.json").is_file()]


def row(run: Path) -> dict[str, Any]:
    """One fold: its best epoch on val, the values chosen there, and the last stage's scores on test if evaluated."""
    metrics, proposal, result = (read_json(run / f"{name}.json") for name in ("metrics", "proposal", "evaluation"))
    chosen = proposal.get("chosen") or metrics.get("chosen") or {}
    test = (result.get("stages") or [{}])[-1]
    cells = {"fold": run.name.removeprefix("fold-"), "steps": metrics["steps"], "minutes": metrics["minutes"]}
    cells |= {f"val/{name}": metrics["val"][name] for name in VAL}
    window = chosen.get("window")
    cells |= {"threshold": chosen.get("threshold"), "window": None if window is None else str(window)}
    cells |= {"test/stage": test.get("stage"), "rule": result.get("rule")}
    return cells | {f"test/{name}": test.get(name) for name in TEST} | {"names": result.get("names", [])}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the folds with a defined score, and the F1 of the pooled counts of all folds."""
    means = {}
    for name in ("val/ap", "test/f1", "test/ap"):
        if values := [row[name] for row in rows if row[name] is not None]:
            means[f"{name}_mean"] = fmean(values)
    tested = [row for row in rows if row["test/truths"] is not None]
    disjoint = not repeated([row.get("names", []) for row in tested])
    if disjoint and (total := sum(row["test/predictions"] + row["test/truths"] for row in tested)):
        means["test/f1_pooled"] = 2 * sum(row["test/tp"] for row in tested) / total
    return means | {"folds/finished": len(rows), "folds/tested": len(tested)}


def upload(variant: Path, about: dict[str, Any], rows: list[dict[str, Any]], figures: dict[str, Any]) -> None:
    import wandb

    config = {name: about["config"][name] for name in ("experiment", "variant")}
    about |= {"name": f"folds of {about['group']}"[:128], "job_type": "folds", "config": config}
    run = start(variant, project=os.environ.get("WANDB_PROJECT", "mitosis"), **about)
    cells = [[row[name] for name in COLUMNS] for row in rows]
    run.log({"folds": wandb.Table(columns=COLUMNS, data=cells, allow_mixed_types=True)})
    run.summary.update(figures)
    run.finish()


if __name__ == "__main__":
    try:
        main([Path(name) for name in sys.argv[1:]])
    except InputError as error:
        sys.exit(f"wandb_folds: {error}")
