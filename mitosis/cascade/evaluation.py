"""Scoring trained runs on held-out fields; nothing is chosen here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.progress import track

from mitosis.cascade.cascade import Cascade, Detections
from mitosis.data.record import Field, Record
from mitosis.errors import InputError
from mitosis.metric.detection import DetectionMetric, FieldDetections, counts
from mitosis.metric.matching import Matching
from mitosis.metric.pixel import PixelMetric
from mitosis.output.table import MITOSIS, rows_of, write_detections
from mitosis.run.assembly import rebuild_data
from mitosis.run.build import build
from mitosis.run.trained import Trained


def evaluate_runs(
    segment: Path,
    classify: Path | None,
    root: str | None,
    cache: str | None,
    part: str,
    matching: dict[str, Any] | None,
    table: Path,
) -> dict[str, Any]:
    """Score stage one alone and both on a part of the runs' fold; the accepted detections go to ``table`` (.csv).

    ``matching``: a rule's description, or None for the dataset's own. Where the part is empty or absent there are no
    figures, and ``note`` says why.
    """
    cascade = Cascade.load(segment, classify)
    recipe = cascade.segmenter.recipe
    rule: Matching = build(matching or recipe["matching"])
    data = rebuild_data(cascade.segmenter, root, cache)
    records = getattr(data.parts, part)
    if cascade.classifier is not None:
        _refuse_learned(records, part, cascade.classifier)
    names = [record.field for record in records]
    result: dict[str, Any] = {
        "part": part,
        "fields": len(records),
        "note": data.parts.note,
        "names": names,
        "stages": [],
    }
    if not records:
        note = data.parts.note or f"fold={recipe['fold']} has no {part} part"
        return result | {"note": f"{note}; no {part} figure is reported"}
    data.store.check_room(records)
    pixel = PixelMetric()
    alone, both, rows = [], [], []
    for field in track(data.store.each(records), f"evaluating on {part}", len(records)):
        probability = cascade.probability(field.image, mpp=field.record.mpp)
        pixel.update(torch.from_numpy(probability), torch.tensor(field.mask))  # copied: a cached one is read-only
        found = cascade.detect(field.image, mpp=field.record.mpp, probability=probability)
        alone.append(_as_detections(field, found, stage_one=True))
        both.append(_as_detections(field, found, stage_one=False))
        rows += rows_of(field.record.field, found.points, found.scores, found.accepted, found.area_um2, found.mpp)
    stages = [_row("stage one alone", alone, 0.0, rule)]
    if cascade.classifier is not None:
        stages.append(_row("both stages", both, cascade.classifier.chosen["threshold"], rule))
    write_detections(table, (row for row in rows if row.kind == MITOSIS))
    return result | {
        "rule": rule.describe(records[0].mpp),
        "stages": stages,
        "pixel": pixel.compute() | {"tp": int(pixel.tp), "fp": int(pixel.fp), "fn": int(pixel.fn)},
        "chosen": {"segment": cascade.segmenter.chosen, "classify": cascade.classifier and cascade.classifier.chosen},
        "steps": {"segment": cascade.segmenter.steps, "classify": cascade.classifier and cascade.classifier.steps},
    }


def _refuse_learned(records: Sequence[Record], part: str, classifier: Trained) -> None:
    """The segmenter's fold is looked at where its data is rebuilt; a classifier's may have been another."""
    learned = classifier.fields or {"train": [], "val": []}
    known = {*learned["train"], *(learned["val"] if part == "test" else ())}
    if both := sorted(known.intersection(record.field for record in records)):
        raise InputError(
            f"{classifier.path}: it was trained or chosen on {both[0]}, which is in {part} here; train anew"
        )


def _as_detections(field: Field, found: Detections, *, stage_one: bool) -> FieldDetections:
    record = field.record
    scores = found.mean if stage_one else found.scores
    return FieldDetections(record.field, found.points, scores, record.centroids, record.mpp)


def _row(stage: str, fields: list[FieldDetections], threshold: float, rule: Matching) -> dict[str, Any]:
    total = counts(fields, threshold, rule)
    metric = DetectionMetric(rule)
    for one in fields:
        metric.update(one.points, one.scores, one.truths, mpp=one.mpp, field=one.field)
    return {
        "stage": stage,
        "precision": total.precision,
        "recall": total.recall,
        "f1": total.f1,
        "tp": total.tp,
        "predictions": total.predictions,
        "truths": total.truths,
        "ap": float(metric.compute()["ap"]),
    }
