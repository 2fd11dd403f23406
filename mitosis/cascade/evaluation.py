"""Scoring a trained cascade on held-out fields; nothing is chosen here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.progress import track

from mitosis.cascade.cascade import Cascade
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.inference.detections import Detections
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.metric.pixel import PixelMetric
from mitosis.output.table import write_detections
from mitosis.run.trained import Trained


def evaluate_cascade(
    cascade: Cascade, data: MitosisDataModule, part: str, matching: Matching, table: Path
) -> dict[str, Any]:
    """Score stage one alone and the whole cascade on a part of the data's fold.

    Args:
        cascade: One stage or both, their thresholds chosen.
        data: The segmenter's dataset on its fold.
        part: ``test`` or ``val``.
        matching: The rule by which a detection counts as found.
        table: Where the accepted detections are written (.csv).

    Returns:
        What ``evaluation.json`` holds. Where the part is empty or absent there are no ``stages``, and ``note`` says
        why.

    Raises:
        InputError: The classifier was trained on a field of the part, or chose its threshold there.
    """
    records = getattr(data.parts, part)
    segmenter, classifier = cascade.segmenter, cascade.classifier
    if classifier is not None:
        _check_unseen(records, part, classifier)
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
    for field in track(data.store.each(records), f"evaluating on {part}", len(records)):
        name, mpp, truths = field.record.field, field.record.mpp, field.record.centroids
        probability = cascade.probability(field.image, mpp=mpp)
        pixel.update(torch.from_numpy(probability), torch.tensor(field.mask))  # copied: a cached one is read-only
        candidates = cascade.propose(probability, mpp=mpp)
        detections = cascade.detect(field.image, candidates, mpp=mpp)
        alone.update(candidates.points, candidates.mean, truths, mpp=mpp, field=name)
        both.update(detections.points, detections.scores, truths, mpp=mpp, field=name)
        mitoses.append((name, detections.mitoses()))
    stages = [_row("stage one alone", alone, 0.0)]
    if classifier is not None:
        stages.append(_row("both stages", both, classifier.chosen["threshold"]))
    write_detections(table, mitoses)
    return result | {
        "rule": matching.describe(records[0].mpp),
        "stages": stages,
        "pixel": pixel.compute() | {"tp": int(pixel.tp), "fp": int(pixel.fp), "fn": int(pixel.fn)},
        "chosen": {"segmenter": segmenter.chosen, "classifier": classifier and classifier.chosen},
        "steps": {"segmenter": segmenter.steps, "classifier": classifier and classifier.steps},
    }


def _check_unseen(records: Sequence[Record], part: str, classifier: Trained) -> None:
    """The segmenter's fields are checked where its data is rebuilt; the classifier's fold may have been another."""
    learned = classifier.fields or {"train": [], "val": []}
    known = {*learned["train"], *(learned["val"] if part == "test" else ())}
    if both := sorted(known.intersection(record.field for record in records)):
        raise InputError(
            f"{classifier.path}: it was trained or chosen on {both[0]}, which is in {part} here; train anew"
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
