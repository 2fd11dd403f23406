"""Scoring a trained cascade on held-out fields; nothing is tuned here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track

from mitosis.cascade.cascade import Cascade
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Field, Record
from mitosis.errors import InputError
from mitosis.inference.components import Candidates
from mitosis.inference.detections import Detections
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.metric.pixel import PixelMetric
from mitosis.output.scored import ScoredCandidates, write_scored
from mitosis.output.table import write_detections
from mitosis.run.trained import Trained


def evaluate_cascade(
    cascade: Cascade, data: MitosisDataModule, part: str, matching: Matching, table: Path
) -> dict[str, Any]:
    """Score stage one alone and the whole cascade on one part of a fold.

    Args:
        cascade: A segmenter, or a segmenter and a classifier, with their thresholds chosen.
        data: The segmenter's dataset on its fold.
        part: ``test`` or ``val``.
        matching: The rule that decides which detection matches which mitotic figure.
        table: CSV file for the accepted detections; the scores of all candidates go to ``scores….csv`` beside it.

    Returns:
        The content of ``evaluation.json``. If the part is empty or missing, ``stages`` is empty and ``note`` gives the
        reason.

    Raises:
        InputError: The classifier was trained on a field of the part, or its threshold was chosen there.
    """
    records = getattr(data.parts, part)
    segmenter, classifier = cascade.segmenter, cascade.classifier
    for trained in cascade.classifiers:
        _check_unseen(records, part, trained)
    for trained in cascade.segmenters:
        _check_unseen(records, part, trained)
    result: dict[str, Any] = {
        "part": part,
        "fields": len(records),
        "note": data.parts.note,
        "names": [record.field for record in records],
        "stages": [],
    }
    if not records:
        note = data.parts.note or f"fold={data.fold} has no {part} part"
        return result | {"note": f"{note}; no {part} figure is reported"}
    data.store.check_room(records)
    pixel, alone, both = PixelMetric(), DetectionMetric(matching), DetectionMetric(matching)
    mitoses: list[tuple[str, Detections]] = []
    scored: list[ScoredCandidates] = []
    for field in track(data.store.each(records), f"evaluating on {part}", len(records)):
        name, mpp, truths = field.record.field, field.record.mpp, field.record.centroids
        probability = cascade.probability(field.image, mpp=mpp)
        pixel.update(torch.from_numpy(probability), torch.tensor(field.mask))  # a copy: cached masks are read-only
        candidates = cascade.propose(probability, mpp=mpp)
        second = cascade.classify(field.image, candidates.points, mpp=mpp) if classifier else candidates.mean
        detections = cascade.accept(candidates, second, mpp=mpp)
        alone.update(candidates.points, candidates.mean, truths, mpp=mpp, field=name)
        both.update(detections.points, detections.scores, truths, mpp=mpp, field=name)
        mitoses.append((name, detections.mitoses()))
        scored.append(_scored(field, candidates, second, detections))
    decision = cascade.decision
    stages = [_row("stage one alone", alone, decision.alone.threshold if decision and decision.alone else 0.0)]
    if classifier is not None:
        stages.append(_row("both stages", both, cascade.threshold))
    write_detections(table, mitoses)
    write_scored(table.with_name(table.name.replace("detections", "scores")), scored, matching)
    return result | {
        "rule": matching.describe(records[0].mpp),
        "stages": stages,
        "pixel": pixel.compute() | {"tp": int(pixel.tp), "fp": int(pixel.fp), "fn": int(pixel.fn)},
        "chosen": {"segmenter": segmenter.chosen, "classifier": classifier and classifier.chosen},
        "steps": {"segmenter": segmenter.steps, "classifier": classifier and classifier.steps},
    }


def _scored(field: Field, candidates: Candidates, second: np.ndarray, detections: Detections) -> ScoredCandidates:
    record = field.record
    return ScoredCandidates(
        field=record.field,
        case=record.case,
        points=candidates.points,
        first=candidates.mean,
        second=second,
        score=detections.scores,
        truths=record.centroids,
        mpp=record.mpp,
        area_mm2=float(np.prod(record.size)) * record.mpp**2 / 1e6,
    )


def _check_unseen(records: Sequence[Record], part: str, classifier: Trained) -> None:
    """Check the classifier, which may come from another fold; the segmenter is checked when its data is rebuilt."""
    seen = classifier.fields or {"train": [], "val": []}
    used = {*seen["train"], *(seen["val"] if part == "test" else ())}
    if leaked := sorted(used.intersection(record.field for record in records)):
        raise InputError(
            f"{classifier.path}: it was trained or chosen on {leaked[0]}, which is in {part} here; train anew"
        )


def _row(stage: str, metric: DetectionMetric, threshold: float) -> dict[str, Any]:
    counts = metric.counts(threshold)
    return {
        "stage": stage,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
        "tp": counts.tp,
        "predictions": counts.predictions,
        "truths": counts.truths,
        "ap": float(metric.compute()["ap"]),
    }
