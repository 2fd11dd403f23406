"""Finished runs of a sweep, for the tests of its tables."""

import json
from pathlib import Path

from sweep_table import Run

SCORES = "field,case,candidate,stage_one,stage_two,score,truth\n"
A = "F1,p,0,0.9,0.9,0.9,0\nF1,p,1,0.8,0.2,0.2,\nF1,p,,,,,1\nF2,p,,,,,\n"
"""Two mitoses, one of them proposed, and a false candidate; a field without anything."""
B = "G1,q,0,0.7,0.8,0.8,0\nG1,q,1,0.6,0.7,0.7,1\n"
"""Two mitoses, both proposed."""


START = {"classifier": {"pretrained": "a file"}}


def run_of(folder: Path, fold: int, scores: str, names: list[str], counts: list[tuple[int, int, int]]) -> Run:
    """A finished run on one fold, whose second stage accepts scores of 0.5; AP is 0.25 on fold 0, 0.5 on fold 1."""
    stages = [folder / "segmenter" / f"fold-{fold}", folder / "classifier" / f"fold-{fold}"]
    for stage, (steps, minutes) in zip(stages, ((100, 7.0), (30, 2.0)), strict=True):
        stage.mkdir(parents=True)
        (stage / "metrics.json").write_text(
            json.dumps({"steps": steps, "minutes": minutes} | START.get(stage.parent.name, {}))
        )
    keys = ("stage", "tp", "predictions", "truths", "ap")
    named = zip(("stage one alone", "both stages"), counts, strict=True)
    rows = [dict(zip(keys, (name, *own, (fold + 1) / 4), strict=True)) for name, own in named]
    result = {"names": names, "stages": rows, "chosen": {"segmenter": {}, "classifier": {"threshold": 0.5}}}
    (stages[1] / "evaluation.json").write_text(json.dumps(result))
    (stages[1] / "scores.csv").write_text(SCORES + scores)
    return Run("unet", "icpr2012", str(fold), stages, folder)
