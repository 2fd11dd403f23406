"""Choosing a segmenter's window and threshold on val."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.progress import track

from mitosis.cascade.cascade import Cascade
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.inference.components import CandidateSettings
from mitosis.inference.proposal import peaks_of
from mitosis.inference.sliding_window import Tiling
from mitosis.metric.counts import Counts
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.run.trained import Trained

WINDOWS = (256, 512, 1024, 2048)
THRESHOLDS = (0.01, 0.02, *(round(0.05 * step, 2) for step in range(1, 20)), 0.97, 0.98, 0.99, 0.995)


@dataclass(frozen=True)
class Trial:
    """One window tried on val, and its object-level AP."""

    window: int | str
    ap: float


def fixed_threshold(settings: CandidateSettings) -> float | None:
    """The threshold if it is given as a number, None if it must be chosen on val."""
    threshold = settings.threshold
    if threshold in ("auto", "f1"):
        return None
    if isinstance(threshold, bool | str) or not 0 < threshold < 1:
        raise InputError(f"candidate.threshold={threshold}: give a number between 0 and 1, auto or f1")
    return float(threshold)


def best_threshold(settings: CandidateSettings, counts_at: dict[float, Counts]) -> float:
    """The threshold chosen by the criterion of the settings, ``f1`` or ``auto``."""
    return best_f1(counts_at) if settings.threshold == "f1" else choose_threshold(counts_at, settings.recall)


def windows_of(tiling: Tiling, val: Sequence[Record]) -> list[int | str]:
    """The windows to try on val: the given one, or for ``auto`` all smaller than the largest field, and ``whole``."""
    if tiling.window != "auto":
        return [tiling.window]
    side = max(max(record.size) * (record.mpp / tiling.mpp if tiling.mpp else 1) for record in val)
    return [window for window in WINDOWS if window < side] + ["whole"]


def try_windows(
    trained: Trained, windows: Sequence[int | str], data: MitosisDataModule, matching: Matching
) -> list[Trial]:
    """Score val with each window: AP of the local maxima, as in training, whatever their height.

    Each field is read once for all windows, and is not kept in memory.
    """
    cascades = [Cascade(trained, window=window) for window in windows]
    metrics = [DetectionMetric(matching) for _ in windows]
    val = data.parts.val
    for field in track(data.store.each(val), f"window {', '.join(map(str, windows))} on val", len(val)):
        record, mpp = field.record, field.record.mpp
        for cascade, metric in zip(cascades, metrics, strict=True):
            probability = cascade.probability(field.image, mpp=mpp)
            candidates = peaks_of(probability, trained.candidate, mpp=mpp)
            metric.update(candidates.points, candidates.mean, record.centroids, mpp=mpp, field=record.field)
    return [Trial(window, float(metric.compute()["ap"])) for window, metric in zip(windows, metrics, strict=True)]


def try_thresholds(
    trained: Trained, window: int | str, data: MitosisDataModule, matching: Matching, thresholds: Sequence[float]
) -> dict[float, Counts]:
    """The counts over val at each threshold, with every candidate counted as a detection."""
    cascade = Cascade(trained, window=window)
    sums = {threshold: np.zeros(5, dtype=int) for threshold in thresholds}
    val = data.parts.val
    for field in track(data.store.each(val), "thresholds on val", len(val)):
        truths, mpp = field.record.centroids, field.record.mpp
        probability = cascade.probability(field.image, mpp=mpp)
        for threshold in thresholds:
            points = cascade.propose(probability, mpp=mpp, threshold=threshold).points
            pairs = matching(points, truths, mpp)
            sums[threshold] += (pairs.tp, pairs.fp, pairs.fn, len(points), len(truths))
    return {threshold: Counts(*map(int, total)) for threshold, total in sums.items()}


def best_trial(trials: Sequence[Trial]) -> Trial:
    """The trial with the highest AP; ties go to the first, and an undefined AP ranks lowest."""
    return max(trials, key=lambda trial: -1.0 if math.isnan(trial.ap) else trial.ap)


def choose_threshold(counts: dict[float, Counts], target: float) -> float:
    """The largest threshold whose recall is at least ``target``, or the best recall if none reaches ``target``.

    0.5 if no threshold finds anything: the largest would then leave no candidate at all.
    """
    recalls = {t: c.recall for t, c in counts.items()}
    defined = {t: value for t, value in recalls.items() if not math.isnan(value)}
    if not any(defined.values()):
        return 0.5
    reachable = min(target, max(defined.values()))
    return max(t for t, value in defined.items() if value >= reachable)


def best_f1(counts: dict[float, Counts]) -> float:
    """The largest threshold with the highest F1; 0.5 if nothing is right at any."""
    defined = {t: c.f1 for t, c in counts.items() if c.f1 > 0}
    return max(defined, key=lambda t: (defined[t], t), default=0.5)
