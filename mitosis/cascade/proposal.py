"""Choosing a segmenter's window and threshold on val, and writing its candidates."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.operating_point import (
    THRESHOLDS,
    best_threshold,
    best_trial,
    fixed_threshold,
    try_thresholds,
    try_windows,
    windows_of,
)
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Field, Record
from mitosis.data.view.candidate_table import CandidateRow, write_candidates
from mitosis.image.mask_value import IGNORED
from mitosis.inference.components import Candidates, label_candidates
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.run.trained import Trained, choose

LABELLING = Matching("label", 5.0, "um", True, "optimal")
"""A candidate is a positive of stage two if it is matched one to one within 5 µm, independently of the scoring rule."""


def write_proposal(run: Path, trained: Trained, data: MitosisDataModule, matching: Matching) -> dict[str, Any]:
    """Choose window and threshold on val, store them in the checkpoint, write ``candidates.csv``.

    A run on one half of the training cases proposes on the other half only; any other run proposes on train (seen),
    val and test. The latter also stores the threshold with the best F1 on val of stage one alone, beside which stage
    two must prove itself.

    Args:
        run: The segmenter's run folder.
        trained: The trained segmenter.
        data: The segmenter's dataset on its fold.
        matching: The scoring rule used for the choice on val.

    Returns:
        The chosen window and threshold, their scores on val and the number of candidates.
    """
    fixed = fixed_threshold(trained.candidate)
    parts = _parts(data)
    data.store.check_room(proposed_on(data))
    trial = best_trial(try_windows(trained, windows_of(trained.tiling, data.parts.val), data, matching))
    grid = THRESHOLDS if fixed is None else (fixed,)
    counts_at = try_thresholds(trained, trial.window, data, matching, grid)
    threshold = best_threshold(trained.candidate, counts_at) if fixed is None else fixed
    if fixed is None and not any(counts.tp for counts in counts_at.values()):
        print(f"{run}: no mitotic figure of val is found, so no threshold can be chosen there; {threshold} is used")
        counts_at[threshold] = try_thresholds(trained, trial.window, data, matching, [threshold])[threshold]
    chosen = {"window": trial.window, "threshold": threshold}
    choose(run, chosen)
    cascade = Cascade(replace(trained, chosen=chosen))
    rows, alone = [], DetectionMetric(matching)
    val = {record.field for record in data.parts.val}
    for seen, records in parts:
        for field in track(data.store.each(records), f"proposing on {seen} fields", len(records)):
            found = candidate_rows(cascade, field, seen)
            if (name := field.record.field) in val:
                points = np.array([(row.x, row.y) for row in found]).reshape(-1, 2)
                scores = np.array([row.mean for row in found])
                alone.update(points, scores, field.record.centroids, mpp=field.record.mpp, field=name)
            rows += found
    if data.half is None and (best := alone.compute())["f1"] > 0:
        chosen["alone"] = best["threshold"]
        choose(run, chosen)
    write_candidates(run / "candidates.csv", rows)
    counts = counts_at[threshold]
    rule = matching.describe(data.parts.val[0].mpp)
    print(
        f"{run}: window {trial.window}, threshold {threshold} → val recall {_rate(counts.recall)},"
        f" precision {_rate(counts.precision)} of {counts.truths} ground truths, {rule}; {len(rows)} candidates"
    )
    return {
        "chosen": chosen,
        "val": {
            "ap": trial.ap,
            "recall": counts.recall,
            "precision": counts.precision,
            "truths": counts.truths,
            "rule": rule,
        },
        "candidates": len(rows),
    }


def proposed_on(data: MitosisDataModule) -> list[Record]:
    """The fields whose labels a proposal depends on: val, and those that it proposes on."""
    return [*data.parts.val, *(record for _, records in _parts(data) for record in records)]


def _parts(data: MitosisDataModule) -> list[tuple[str, tuple[Record, ...]]]:
    if data.half is not None:
        return [("unseen", data.other_half)]
    return [("seen", data.parts.train), ("unseen", data.parts.val + data.parts.test)]


def _rate(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def candidate_rows(cascade: Cascade, field: Field, seen: str) -> list[CandidateRow]:
    """The labelled candidates of one field; ``seen`` is ``seen`` if the segmenter trained on it, else ``unseen``."""
    record = field.record
    candidates = cascade.propose(cascade.probability(field.image, mpp=record.mpp), mpp=record.mpp)
    labels = labels_of(candidates, field)
    columns = zip(candidates.points, candidates.area_um2, candidates.mean, candidates.max, labels, strict=True)
    return [
        CandidateRow(
            record.field, float(x), float(y), float(area), float(mean), float(high), int(label),
            cascade.segmenter.hash, seen,
        )
        for (x, y), area, mean, high, label in columns
    ]  # fmt: skip


def labels_of(candidates: Candidates, field: Field) -> np.ndarray:
    """The label of each candidate of a field for stage two, (n,) int.

    1: matched one to one with a mitotic figure. -1 (excluded): another part of a mitotic figure, or entirely on ignored
    pixels. 0: all others.
    """
    record = field.record
    pairs = LABELLING(candidates.points, record.centroids, record.mpp).pairs
    pixels = [figure.pixels for figure in record.figures]
    labels = label_candidates(candidates, pairs, record.centroids, pixels, LABELLING.radius_px(record.mpp))
    if record.circles:
        counted = np.unique(candidates.labels[np.asarray(field.mask) != IGNORED])
        ignored = ~np.isin(np.arange(1, len(candidates) + 1), counted)
        labels[ignored & (labels == 0)] = -1
    return labels
