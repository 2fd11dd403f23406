"""Finished runs of two systems on two folds of drawn fields, written without any training."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mitosis.data.drawing.field import draw_field
from mitosis.inference.detections import Detections
from mitosis.metric.counts import Counts
from mitosis.metric.field_scores import ALONE, BOTH
from mitosis.metric.matching import Matching
from mitosis.output.scored import ScoredCandidates, read_scored, write_scored
from mitosis.output.table import write_detections

RULE = Matching("icpr2012", radius=5.0)
SIZE, MPP = 256, 0.25
FOLDS = {0: ("case00", "case05", "case10"), 1: ("case01", "case06", "case11")}
"""The first cases of the test part of the dataset's own folds, of which one field each is scored."""
SYSTEMS = {"resnet18": 0.75, "mobilenetv3_large": 0.45}
"""Stage two → how certain it is of the mitotic figures."""
SEGMENTER = "scmitosis_seg/full/default"
DATA = {
    "_target_": "mitosis.data.Synthetic",
    **{"folds": "synthetic", "size": SIZE, "cases": 20, "fields_per_case": 2, "drawing_seed": 0},
    **{"samples_per_epoch": 8, "batch_size": 4, "repeat": None, "limit": None, "val": "held_out"},
}


def write_runs(root: Path) -> Path:
    """The folder of the runs: each system finds most figures, and a few that are none."""
    for fold, cases in FOLDS.items():
        segmenter = root / "synthetic" / SEGMENTER / f"fold-{fold}"
        _write_training(segmenter, "scmitosis_seg", fold, 100, {})
        for model, certainty in SYSTEMS.items():
            run = root / "synthetic" / model / "full" / "default" / "on-scmitosis_seg-full-default" / f"fold-{fold}"
            _write_training(run, model, fold, 30, {f"{SEGMENTER}/fold-{fold}": "0"})
            scored = [_scored(f"{case}_0", case, certainty) for case in cases]
            write_scored(run / "scores.csv", scored, RULE)
            write_detections(run / "detections.csv", [(one.field, _accepted(one)) for one in scored])
            found = {one.field: {"points": one.points.tolist()} for one in scored}
            (run / "found.json").write_text(json.dumps({"made_from": {}, "fields": found}))
            _write_evaluation(run, scored)
    return root


def _write_training(folder: Path, model: str, fold: int, steps: int, inputs: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    recipe: dict[str, Any] = {
        "name": {"data": "synthetic", "model": model, "ablation": "full", "variant": "default"},
        "matching": {"_target_": "mitosis.metric.Matching", "name": "icpr2012", "radius": 5.0},
        "stain": {"_target_": "mitosis.stain.NoStain"},
        "data": DATA,
        "stage": {"kind": "classification" if inputs else "segmentation"},
        "fold": fold,
        "seed": 0,
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    (folder / "local.yaml").write_text("{}\n")
    metrics = {"steps": steps, "minutes": steps / 10, "hardware": "1 × CPU", "labels": "ab" * 32, "inputs": inputs}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    rows = [f"{step // 10},{step},{0.9 - step / 200},{'' if step % 20 else step / 150}" for step in range(10, 101, 10)]
    (folder / "metrics.csv").write_text("\n".join(["epoch,step,train/loss,val/ap", *rows]) + "\n")


def _scored(name: str, case: str, certainty: float) -> ScoredCandidates:
    """The figures, but for the first of case00, are proposed with scores around the certainty; two places hold none."""
    drawn = draw_field(seed=0, case=int(case[4:]), index=0, size=SIZE)
    truths = np.array([figure.centroid for figure in drawn.figures])
    proposed = truths[1:] if case == "case00" else truths
    rng = np.random.default_rng(int(case[4:]))
    points = np.concatenate([proposed + rng.uniform(-4, 4, proposed.shape), [[20.0, 230.0], [230.0, 20.0]]])
    false = (0.9 if case == "case05" else 0.3, 0.1)
    score = np.clip(np.r_[certainty + rng.uniform(-0.3, 0.3, len(proposed)), false], 0.01, 0.99)
    first = np.clip(score + 0.2, 0, 1)
    return ScoredCandidates(
        field=name,
        case=case,
        points=points,
        first=first,
        second=score,
        score=score,
        truths=truths,
        mpp=MPP,
        area_mm2=(SIZE * MPP / 1000) ** 2,
    )


def _accepted(one: ScoredCandidates) -> Detections:
    kept = one.score >= 0.5
    return Detections(one.points[kept], one.score[kept], kept[kept], np.full(int(kept.sum()), 30.0), MPP)


def _write_evaluation(run: Path, scored: list[ScoredCandidates]) -> None:
    fields = read_scored(run / "scores.csv")
    rows = []
    for stage, threshold in ((ALONE, 0.0), (BOTH, 0.5)):
        counts = Counts.of(*np.sum([one.counts(stage, threshold) for one in fields], axis=0).tolist())
        rows.append({"stage": stage, "tp": counts.tp, "predictions": counts.predictions, "truths": counts.truths})
    result = {
        "part": "test",
        "note": "",
        "names": [one.field for one in scored],
        "stages": rows,
        "rule": RULE.describe(MPP),
        "area_mm2": sum(one.area_mm2 for one in scored),
        "chosen": {"segmenter": {"threshold": 0.3}, "classifier": {"threshold": 0.5}},
        "asked": {"decision": None},
    }
    (run / "evaluation.json").write_text(json.dumps(result))
