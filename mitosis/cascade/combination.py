"""Combining cross-fitted networks into one cascade: its decision is fitted on candidates that no network has seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rich.progress import track

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.decision import Decision, fit_coefficients, operating_points
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.view.candidate_table import CandidateRow, by_field
from mitosis.errors import InputError
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.output.scored import ScoredCandidates
from mitosis.run.trained import Trained

SYMMETRIES = 8


@dataclass(frozen=True)
class Half:
    """Networks of both stages that were trained on the same half of the cases.

    Attributes:
        segmenter: Trained network of stage one.
        classifiers: Trained networks of stage two, whose probabilities are averaged.
        candidates: The segmenter's candidates.
        data: Its dataset; ``other_half`` are the fields that none of the networks has seen.
    """

    segmenter: Trained
    classifiers: Sequence[Trained]
    candidates: Sequence[CandidateRow]
    data: MitosisDataModule


@dataclass(frozen=True, eq=False)
class Unseen:
    """The candidates of one field that no network of a half has seen.

    Attributes:
        scored: The candidates with the scores of both stages; the joint score is that of stage two until ``joined``.
        labels: (n,) 1 for a mitotic figure, 0 for a false candidate, -1 for neither.
    """

    scored: ScoredCandidates
    labels: np.ndarray

    def joined(self, decision: Decision) -> ScoredCandidates:
        """The candidates with the joint score of a decision."""
        return replace(self.scored, score=decision.score(self.scored.first, self.scored.second))


def score_unseen(half: Half) -> list[Unseen]:
    """Score the candidates of every field that a half has not seen; of joined datasets, those of the first one.

    The others are there to learn from. Their scanner or labels may differ, and thresholds are for the first.

    Raises:
        InputError: A classifier was trained on one of these fields.
    """
    records = [record for record in half.data.other_half if record.field in half.data.own_fields]
    for classifier in half.classifiers:
        trained = set((classifier.fields or {"train": []})["train"])
        if leaked := sorted(trained & {record.field for record in records}):
            raise InputError(
                f"{classifier.path}: it was trained on {leaked[0]}, which its segmenter has not seen; give the"
                " classifier of the same half"
            )
    cascade = Cascade(half.segmenter, half.classifiers, decision=_averaging())
    rows = by_field(half.candidates)
    unseen = []
    for field in track(half.data.store.each(records), "scoring unseen fields", len(records)):
        record, own = field.record, rows.get(field.record.field, [])
        points = np.array([(row.x, row.y) for row in own], dtype=np.float64).reshape(-1, 2)
        second = cascade.classify(field.image, points, mpp=record.mpp)
        labels = np.array([row.label for row in own], dtype=np.int64)
        scored = ScoredCandidates(
            field=record.field,
            case=record.case,
            points=points,
            first=np.array([row.mean for row in own], dtype=np.float64),
            second=second,
            score=second,
            truths=record.centroids,
            mpp=record.mpp,
            area_mm2=float(np.prod(record.size)) * record.mpp**2 / 1e6,
        )
        unseen.append(Unseen(scored, labels))
    return unseen


def decide(unseen: Sequence[Unseen], matching: Matching) -> Decision:
    """Fit the joint score and its operating points on the scored candidates of unseen fields.

    Args:
        unseen: The fields.
        matching: The rule that decides which detection matches which mitotic figure.

    Raises:
        InputError: The fields hold no mitotic figure, or no false candidate.
    """
    first, second = (np.concatenate([getattr(one.scored, key) for one in unseen]) for key in ("first", "second"))
    labels = np.concatenate([one.labels for one in unseen])
    counted = labels >= 0
    coefficients = fit_coefficients(first[counted], second[counted], labels[counted] == 1)
    joined = Decision(coefficients, SYMMETRIES, {})
    scored = [one.joined(joined) for one in unseen]
    cases = {one.case for one in scored}
    both, alone = ({case: DetectionMetric(matching) for case in cases} for _ in range(2))
    for one in scored:
        place: dict[str, Any] = {"truths": one.truths, "mpp": one.mpp, "field": one.field}
        both[one.case].update(one.points, one.score, **place)
        alone[one.case].update(one.points, one.first, **place)
    area = sum(one.area_mm2 for one in scored)
    points, points_alone = (
        operating_points([metric.curve() for metric in side.values()], area) for side in (both, alone)
    )
    return Decision(
        coefficients,
        SYMMETRIES,
        points=points,
        alone=points_alone["balanced"],
        rule=f"{len(scored)} unseen fields of {len(cases)} patients, {matching.describe(scored[0].mpp)}",
    )


def _averaging() -> Decision:
    """A decision that only makes a cascade average over the symmetries."""
    return Decision((0.0, 0.0, 1.0), SYMMETRIES, {})
