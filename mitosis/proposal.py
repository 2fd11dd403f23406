"""Choosing a segmenter's window and threshold on val, and writing its candidates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from mitosis.assembly import rebuild_data
from mitosis.candidates import Candidates, label_candidates
from mitosis.cascade import Cascade
from mitosis.config import build
from mitosis.data.candidate_table import CandidateRow, write_candidates
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.field import Field
from mitosis.errors import InputError
from mitosis.mask_value import IGNORED
from mitosis.metric.detection import Counts, DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.recipe import Trained, choose, load

WINDOWS = (256, 512, 1024, 2048)
LABELLING = Matching("label", 5.0, "um", True, "optimal")
"""What makes a candidate a positive of stage two: matched one to one within 5 µm, whatever the rule of the scores."""
THRESHOLDS = (0.01, 0.02, *(round(0.05 * step, 2) for step in range(1, 20)), 0.97, 0.98, 0.99, 0.995)


@dataclass(frozen=True)
class Trial:
    """One window on val, and the object-level AP reached with it."""

    window: int | str
    ap: float


def write_proposal(run: Path, recipe: dict[str, Any], root: str | None, cache: str | None) -> dict[str, Any]:
    """Choose on val, store the choice in the checkpoint, write ``candidates.csv``; returns what was chosen and seen.

    A run on one half of the training cases proposes on the other half alone; any other on train (seen), val and test.
    """
    trained = load(run)
    data = rebuild_data(trained, root, cache)
    fixed = _fixed(recipe["candidate"]["threshold"])
    matching: Matching = build(recipe["matching"])
    parts = [("unseen", data.other_half)]
    if data.half is None:
        parts = [("seen", data.parts.train), ("unseen", data.parts.val + data.parts.test)]
    data.check_room([*data.parts.val, *(record for _, records in parts for record in records)])
    trial = best_trial(try_windows(trained, _windows(recipe, data), data, matching))
    grid = THRESHOLDS if fixed is None else (fixed,)
    counts_at = try_thresholds(trained, trial.window, data, matching, grid)
    threshold = _chosen(recipe["candidate"], counts_at) if fixed is None else fixed
    chosen = {"window": trial.window, "threshold": threshold}
    choose(run, chosen)
    cascade = Cascade(load(run))
    rows = []
    for seen, records in parts:
        for field in track(data.each(records), f"proposing on {seen} fields", len(records)):
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


def _fixed(threshold: float | str) -> float | None:
    if threshold in ("auto", "f1"):
        return None
    if isinstance(threshold, bool | str) or not 0 < threshold < 1:
        raise InputError(f"candidate.threshold={threshold}: give a number between 0 and 1, auto or f1")
    return float(threshold)


def _chosen(settings: dict[str, Any], counts_at: dict[float, Counts]) -> float:
    return best_f1(counts_at) if settings["threshold"] == "f1" else choose_threshold(counts_at, settings["recall"])


def _windows(recipe: dict[str, Any], data: MitosisDataModule) -> list[int | str]:
    fixed = recipe["tiling"]["window"]
    if fixed != "auto":
        return [fixed]
    seen = recipe["tiling"]["mpp"]
    side = max(max(record.size) * (record.mpp / seen if seen else 1) for record in data.parts.val)
    return [window for window in WINDOWS if window < side] + ["whole"]


def try_windows(
    trained: Trained, windows: Sequence[int | str], data: MitosisDataModule, matching: Matching
) -> list[Trial]:
    """Score val with each window: AP of the components at 0.5 by their mean probability.

    A field is read once for all windows, for it is not kept.
    """
    cascades = [Cascade(trained, window=window) for window in windows]
    metrics = [DetectionMetric(matching) for _ in windows]
    val = data.parts.val
    for field in track(data.each(val), f"window {', '.join(map(str, windows))} on val", len(val)):
        record = field.record
        for cascade, metric in zip(cascades, metrics, strict=True):
            found = cascade.propose(cascade.probability(field.image, mpp=record.mpp), mpp=record.mpp, threshold=0.5)
            metric.update(found.points, found.mean, record.centroids, mpp=record.mpp, field=record.field)
    return [Trial(window, float(metric.compute()["ap"])) for window, metric in zip(windows, metrics, strict=True)]


def try_thresholds(
    trained: Trained, window: int | str, data: MitosisDataModule, matching: Matching, thresholds: Sequence[float]
) -> dict[float, Counts]:
    """The counts over val at each threshold, every candidate taken for a mitosis."""
    cascade = Cascade(trained, window=window)
    sums = {threshold: np.zeros(5, dtype=int) for threshold in thresholds}
    val = data.parts.val
    for field in track(data.each(val), "thresholds on val", len(val)):
        truths, mpp = field.record.centroids, field.record.mpp
        probability = cascade.probability(field.image, mpp=mpp)
        for threshold in thresholds:
            points = cascade.propose(probability, mpp=mpp, threshold=threshold).points
            pairs = matching(points, truths, mpp)
            sums[threshold] += (pairs.tp, pairs.fp, pairs.fn, len(points), len(truths))
    return {threshold: Counts(*map(int, total)) for threshold, total in sums.items()}


def best_trial(trials: Sequence[Trial]) -> Trial:
    """The trial of the highest AP; the first of equals, an undefined AP is the lowest."""
    return max(trials, key=lambda trial: -1.0 if math.isnan(trial.ap) else trial.ap)


def choose_threshold(counts: dict[float, Counts], wanted: float) -> float:
    """The largest threshold whose recall is at least ``wanted``; where none is, the largest of the highest recall."""
    recalls = {t: c.recall for t, c in counts.items()}
    defined = {t: value for t, value in recalls.items() if not math.isnan(value)}
    if not defined:
        return 0.5
    goal = min(wanted, max(defined.values()))
    return max(t for t, value in defined.items() if value >= goal)


def best_f1(counts: dict[float, Counts]) -> float:
    """The largest threshold of the highest F1; 0.5 where no F1 is defined."""
    defined = {t: c.f1 for t, c in counts.items() if not math.isnan(c.f1)}
    return max(defined, key=lambda t: (defined[t], t), default=0.5)


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
