"""Scoring a trained cascade on held-out fields; nothing is tuned here."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track

from mitosis.cascade.adaptation import adapted
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.found import NO_LABELS, Found, origin, read_found, write_found
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.other import OtherData
from mitosis.data.record import Field, Record
from mitosis.errors import InputError
from mitosis.inference.components import Candidates
from mitosis.inference.detections import Detections
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.metric.pixel import PixelMetric, rates
from mitosis.output.scored import ScoredCandidates, write_scored
from mitosis.output.table import write_detections
from mitosis.run.trained import Trained

AnyData = MitosisDataModule | OtherData


def evaluate_cascade(
    cascade: Cascade, data: AnyData, part: str, matching: Matching, table: Path, *, scores: Path, adapt: bool = False
) -> dict[str, Any]:
    """Score stage one alone and the whole cascade on one part of a fold.

    Args:
        cascade: A segmenter, or a segmenter and a classifier, with their thresholds chosen.
        data: The segmenter's dataset on its fold, or another one.
        part: ``test`` or ``val``.
        matching: The rule that decides which detection matches which mitotic figure.
        table: CSV file for the accepted detections; what the networks found goes to ``found….json`` beside it, from
            which another rule is scored without them.
        scores: CSV file for the scores of all candidates, with what they match under the rule.
        adapt: Whether the segmenters are adapted to each patient's fields before these are scored.

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
        "adapted": adapt,
        "stages": [],
    }
    if not records:
        note = data.parts.note or f"fold={data.fold} has no {part} part"
        return result | {"note": f"{note}; no {part} figure is reported"}
    path = table.with_name(table.name.replace("detections", "found")).with_suffix(".json")
    made_from = origin(cascade, records, adapt)
    found = read_found(path, made_from)
    if found is None:
        found = _find(cascade, data, records, f"evaluating on {part}", adapt=adapt)
        write_found(path, made_from, found)
    else:
        print(f"{path} holds the scores of these networks; none runs again")
    alone, both = DetectionMetric(matching), DetectionMetric(matching)
    mitoses: list[tuple[str, Detections]] = []
    scored: list[ScoredCandidates] = []
    for name, record in ((name, record) for name in found for record in records if record.field == name):
        one, mpp, truths = found[name], record.mpp, record.centroids
        detections = cascade.accept(one.candidates, one.second, mpp=mpp)
        alone.update(one.candidates.points, one.candidates.mean, truths, mpp=mpp, field=name)
        both.update(detections.points, detections.scores, truths, mpp=mpp, field=name)
        mitoses.append((name, detections.mitoses()))
        scored.append(_scored(record, one.candidates, one.second, detections))
    pixel = {key: sum(one.pixel[key] for one in found.values()) for key in ("tp", "fp", "fn")}
    decision = cascade.decision
    chosen: float = segmenter.chosen.get("alone", 0.0)  # runs of earlier versions have none
    stages = [_row("stage one alone", alone, decision.alone.threshold if decision and decision.alone else chosen)]
    if classifier is not None:
        stages.append(_row("both stages", both, cascade.threshold))
    write_detections(table, mitoses)
    write_scored(scores, scored, matching)
    return result | {
        "rule": matching.describe(records[0].mpp),
        "area_mm2": sum(one.area_mm2 for one in scored),
        "stages": stages,
        "pixel": rates(**pixel) | pixel,
        "chosen": {"segmenter": segmenter.chosen, "classifier": classifier and classifier.chosen},
        "steps": {"segmenter": segmenter.steps, "classifier": classifier and classifier.steps},
    }


def _find(cascade: Cascade, data: AnyData, records: Sequence[Record], title: str, *, adapt: bool) -> dict[str, Found]:
    """Run the networks on the fields, one by one."""
    data.store.check_room(records)
    found: dict[str, Found] = {}
    fields = _adapted_to_each(cascade, data, records) if adapt else data.store.each(records)
    for field in track(fields, title, len(records)):
        mpp, pixel = field.record.mpp, PixelMetric()
        probability = cascade.probability(field.image, mpp=mpp)
        pixel.update(torch.from_numpy(probability), torch.tensor(field.mask))  # a copy: cached masks are read-only
        candidates = cascade.propose(probability, mpp=mpp)
        second = cascade.classify(field.image, candidates.points, mpp=mpp) if cascade.classifiers else candidates.mean
        counts = {"tp": int(pixel.tp), "fp": int(pixel.fp), "fn": int(pixel.fn)}
        found[field.record.field] = Found(replace(candidates, labels=NO_LABELS), second, counts)
    return found


def _adapted_to_each(cascade: Cascade, data: AnyData, records: Sequence[Record]) -> Iterator[Field]:
    """The fields, case by case; while those of a case are scored, the segmenters are adapted to it."""
    for case in dict.fromkeys(record.case for record in records):
        own = [record for record in records if record.case == case]
        images = ((field.image, field.record.mpp) for field in data.store.each(own))
        with adapted(cascade, images, len(own)):
            yield from data.store.each(own)


def _scored(record: Record, candidates: Candidates, second: np.ndarray, detections: Detections) -> ScoredCandidates:
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
