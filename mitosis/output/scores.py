"""Printing an evaluation as a table on the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table


def print_scores(result: dict[str, Any]) -> None:
    """Print the content of ``evaluation.json``; undefined values (0/0) appear as a dash."""
    if not result["stages"]:
        print(result["note"])
        return
    adapted = ", stage one adapted to each patient's unlabelled fields" if result.get("adapted") else ""
    print(f"{result['part']}: {result['fields']} fields, {result['rule']}{adapted}")
    table = Table()
    for name in ("stage", "P", "R", "F1", "TP", "predictions", "ground truths", "AP"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for row in result["stages"]:
        rates = [_number(row[name]) for name in ("precision", "recall", "f1")]
        counts = [str(row[name]) for name in ("tp", "predictions", "truths")]
        table.add_row(row["stage"], *rates, *counts, _number(row["ap"]))
    Console(width=120).print(table)
    pixel = result["pixel"]
    rates = "  ".join(f"{name} {_number(pixel[name])}" for name in ("precision", "recall", "f1", "iou"))
    print(f"pixels of stage one at 0.5: {rates}")
    if result["note"]:
        print(result["note"])


def _number(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.4f}"  # noqa: RUF001
