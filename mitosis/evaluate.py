"""``python -m mitosis.evaluate segment=RUN [classify=RUN]``: the cascade over held-out fields."""

from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import digest, read_json, read_yaml
from mitosis.run.folder import data_root, locked
from mitosis.run.name import Choices


def evaluate(config: dict[str, Any], choices: Choices) -> float:
    """Score stage one alone and, with ``classify``, both stages; chooses nothing. Returns the last F1.

    Writes ``evaluation.json`` and ``detections.csv`` beside the last run; ``part=val`` and another rule add
    their names to the file's.
    """
    segment = folder(config["segment"], "segment")
    classify = folder(config["classify"], "classify") if config["classify"] else None
    if config["part"] not in ("test", "val"):
        raise InputError(f"part={config['part']}: type part=test or part=val")
    _check_pair(segment, classify)
    target = classify or segment
    rule = config.get("matching")
    inputs = {key: digest(run / "checkpoints" / "best.ckpt") for key, run in _given(segment, classify).items()}
    asked = {"part": config["part"], "matching": rule, "checkpoints": inputs}
    of_part = "" if config["part"] == "test" else f"-{config['part']}"
    of_rule = f"-{rule['name']}" if rule else ""
    path, table = target / f"evaluation{of_part}{of_rule}.json", target / f"detections{of_part}.csv"
    with locked(target):
        result = read_json(path)
        # Without figures there was no such part; it may have been unpacked since.
        if result and result["asked"] == asked and result["stages"] and table.is_file():
            print(f"{path} stands; nothing to do")
        else:
            from mitosis.cascade.evaluation import evaluate_runs  # torch is loaded from here on

            root, cache = data_root(segment, config["data"]["root"]), config["data"]["cache"]
            result = evaluate_runs(segment, classify, root, cache, config["part"], rule, table)
            result["asked"] = asked
            files.write_json(path, result)
    _print(result)
    f1 = result["stages"][-1]["f1"] if result["stages"] else None
    return float("nan") if f1 is None else f1


def _given(segment: Path, classify: Path | None) -> dict[str, Path]:
    return {"segment": segment} | ({"classify": classify} if classify else {})


def _check_pair(segment: Path, classify: Path | None) -> None:
    """The two runs must be of one fold of one dataset, or what one trained on would be the other's test."""
    if classify is None:
        return
    one, other = (read_yaml(run / "recipe.yaml") for run in (segment, classify))
    for what, values in {
        "fold": (one["fold"], other["fold"]),
        "data": (one["name"]["data"], other["name"]["data"]),
        "folds": (one["data"].get("folds"), other["data"].get("folds")),
    }.items():
        if values[0] != values[1]:
            raise InputError(f"segment is of {what} {values[0]}, classify of {what} {values[1]}; give runs of one fold")


def _print(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not result["stages"]:
        print(result["note"])
        return
    print(f"{result['part']}: {result['fields']} fields, {result['rule']}")
    table = Table()
    for name in ("stage", "P", "R", "F1", "TP", "predictions", "ground truths", "AP"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for row in result["stages"]:
        numbers = [_number(row[name]) for name in ("precision", "recall", "f1")]
        whole = [str(row[name]) for name in ("tp", "predictions", "truths")]
        table.add_row(row["stage"], *numbers, *whole, _number(row["ap"]))
    Console(width=120).print(table)
    pixel = result["pixel"]
    words = "  ".join(f"{name} {_number(pixel[name])}" for name in ("precision", "recall", "f1", "iou"))
    print(f"pixels of stage one at 0.5: {words}")
    if result["note"]:
        print(result["note"])


def _number(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.4f}"  # noqa: RUF001


if __name__ == "__main__":
    entry("evaluate", evaluate)
