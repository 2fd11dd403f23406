"""Evaluated runs as a Markdown table: ``python experiments/table.py SEGMENTER_RUN CLASSIFIER_RUN``."""

import json
import sys
from pathlib import Path

COLUMNS = ("precision", "recall", "f1", "tp", "predictions", "truths", "ap")


def main(segmenter: Path, classifier: Path) -> None:
    result = json.loads((classifier / "evaluation.json").read_text())
    runs = {
        name: json.loads((run / "metrics.json").read_text()) for name, run in (("one", segmenter), ("two", classifier))
    }
    print(f"Rule: {result['rule']}. Part: {result['part']}, {result['fields']} fields.\n")
    print("| | P | R | F1 | TP | predictions | ground truths | AP |\n|---|---|---|---|---|---|---|---|")
    for stage in result["stages"]:
        cells = [stage[name] for name in COLUMNS]
        shown = [f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in cells]
        print(f"| {stage['stage']} | {' | '.join(shown)} |")
    measured = {name: result["pixel"][name] for name in ("precision", "recall", "f1", "iou")}
    pixel = "  ".join(f"{name} {value:.4f}" for name, value in measured.items() if value is not None)
    print(f"\nPixels of stage one at 0.5: {pixel}.")
    for name, run in runs.items():
        pretrained = ", ImageNet weights" if run["pretrained"] else ""
        print(f"Stage {name}: {run['steps']} steps, {run['minutes']:.0f} minutes on {run['hardware']}{pretrained}.")
    print(f"Chosen on val: {result['chosen']}.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
