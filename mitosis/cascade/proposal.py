"""Choosing a segmenter's window and threshold on val, and writing its candidates."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.operating_point import (
    THRESHOLDS,
    best_trial,
    fixed_threshold,
    threshold_of,
    try_thresholds,
    try_windows,
    windows_of,
)
from mitosis.data.record import Field
from mitosis.data.view.candidate_table import CandidateRow, write_candidates
from mitosis.image.mask_value import IGNORED
from mitosis.inference.components import Candidates, label_candidates
from mitosis.metric.matching import Matching
from mitosis.run.assembly import rebuild_data
from mitosis.run.build import build
from mitosis.run.trained import choose, load

LABELLING = Matching("label", 5.0, "um", True, "optimal")
"""What makes a candidate a positive of stage two: matched one to one within 5 µm, whatever the rule of the scores."""


def write_proposal(run: Path, recipe: dict[str, Any], root: str | None, cache: str | None) -> dict[str, Any]:
    """Choose on val, store the choice in the checkpoint, write ``candidates.csv``; returns what was chosen and seen.

    A run on one half of the training cases proposes on the other half alone; any other on train (seen), val and test.
    """
    trained = load(run)
    data = rebuild_data(trained, root, cache)
    fixed = fixed_threshold(recipe["candidate"]["threshold"])
    matching: Matching = build(recipe["matching"])
    parts = [("unseen", data.other_half)]
    if data.half is None:
        parts = [("seen", data.parts.train), ("unseen", data.parts.val + data.parts.test)]
    data.store.check_room([*data.parts.val, *(record for _, records in parts for record in records)])
    trial = best_trial(try_windows(trained, windows_of(recipe, data), data, matching))
    grid = THRESHOLDS if fixed is None else (fixed,)
    counts_at = try_thresholds(trained, trial.window, data, matching, grid)
    threshold = threshold_of(recipe["candidate"], counts_at) if fixed is None else fixed
    chosen = {"window": trial.window, "threshold": threshold}
    choose(run, chosen)
    cascade = Cascade(load(run))
    rows = []
    for seen, records in parts:
        for field in track(data.store.each(records), f"proposing on {seen} fields", len(records)):
            rows += field_rows(cascade, field, seen)
    write_candidates(run / "candidates.csv", rows)
    counts = counts_at[threshold]
    result = {
        "chosen": chosen,
        "val": {
            "ap": trial.ap,
            "recall": counts.recall,
            "precision": counts.precision,
            "truths": counts.truths,
            "rule": matching.describe(data.parts.val[0].mpp),
        },
        "candidates": len(rows),
    }
    print(
        f"{run}: window {trial.window}, threshold {threshold} → val recall {_rate(counts.recall)},"
        f" precision {_rate(counts.precision)} of {counts.truths} ground truths, {result['val']['rule']};"
        f" {len(rows)} candidates"
    )
    return result


def _rate(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def field_rows(cascade: Cascade, field: Field, seen: str) -> list[CandidateRow]:
    """The labelled candidates of one field."""
    record = field.record
    found = cascade.propose(cascade.probability(field.image, mpp=record.mpp), mpp=record.mpp)
    labels = labels_of(found, field)
    columns = zip(found.points, found.area_um2, found.mean, found.max, labels, strict=True)
    return [
        CandidateRow(
            record.field, float(x), float(y), float(area), float(mean), float(high), int(label),
            cascade.segmenter.hash, seen,
        )
        for (x, y), area, mean, high, label in columns
    ]  # fmt: skip


def labels_of(found: Candidates, field: Field) -> np.ndarray:
    """1 for a candidate matched one to one with a mitosis, -1 for a further part of one or what lies wholly on ignored
    pixels, 0 else; (n,) int.
    """
    record = field.record
    pairs = LABELLING(found.points, record.centroids, record.mpp).pairs
    pixels = [figure.pixels for figure in record.figures]
    labels = label_candidates(found, pairs, record.centroids, pixels, LABELLING.radius_px(record.mpp))
    if record.circles:
        counted = np.unique(found.labels[np.asarray(field.mask) != IGNORED])
        ignored = ~np.isin(np.arange(1, len(found) + 1), counted)
        labels[ignored & (labels == 0)] = -1  # all of it lies where nobody says what there is
    return labels
