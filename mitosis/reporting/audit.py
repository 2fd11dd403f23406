"""Where out-of-fold systems contradict the labels with confidence: labels to check by eye."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mitosis.data.record import Record
from mitosis.metric.field_scores import FieldScores
from mitosis.metric.matching import Matching
from mitosis.reporting.evaluated import Evaluated
from mitosis.reporting.gallery import AUDITED, EACH, Item
from mitosis.reporting.table import Table

FIGURE, LOOKALIKE, NONE = "mitotic figure", "look-alike", "none"


@dataclass(frozen=True, eq=False)
class Opinion:
    """What a system says of a field that it has not been trained on.

    Attributes:
        points: (n, 2) x, y in pixels of its candidates.
        scores: (n,) their final scores.
        scored: Which of them reaches which mitotic figure.
        threshold: The score from which on it accepts a candidate.
    """

    points: np.ndarray
    scores: np.ndarray
    scored: FieldScores
    threshold: float

    @property
    def unlabelled(self) -> np.ndarray:
        """Indices of the candidates that reach no mitotic figure."""
        return np.setdiff1d(np.arange(len(self.points)), self.scored.reach.prediction)

    def accepts(self, score: float) -> bool:
        """Whether it detects a figure where its highest score is ``score``; 0 says that there is no candidate."""
        return score >= self.threshold and score > 0

    def of_figure(self, truth: int) -> float:
        """The highest score of the candidates that reach a mitotic figure, a row of the annotation; 0 without one."""
        own = self.scored.reach.prediction[self.scored.reach.truth == truth]
        return float(self.scores[own].max(initial=0.0))

    def of_place(self, point: np.ndarray, radius: float) -> float:
        """The highest score of the unlabelled candidates within ``radius`` pixels of a place; 0 without one."""
        own = self.unlabelled
        return float(self.scores[own][_distance(self.points[own], point) <= radius].max(initial=0.0))


@dataclass(frozen=True)
class Doubt:
    """A label that at least half of the systems contradict.

    Attributes:
        field: Index of its field.
        x: Column in pixels of the field.
        y: Row.
        label: What is labelled there: ``FIGURE``, ``LOOKALIKE`` or ``NONE``.
        score: Mean of the systems' final scores; a system without a candidate there counts as 0.
        against: How many systems contradict the label.
        judged: How many were tested on the field.
    """

    field: int
    x: float
    y: float
    label: str
    score: float
    against: int
    judged: int

    @property
    def kind(self) -> str:
        """Its gallery, a key of ``AUDITED``."""
        return "labelled" if self.label == FIGURE else "unlabelled"

    @property
    def disagreement(self) -> float:
        """The distance of the mean score from the label, 0 to 1."""
        return 1 - self.score if self.label == FIGURE else self.score


def opinions_of(runs: Sequence[Evaluated], places: Mapping[Path, Mapping[str, np.ndarray]]) -> dict[str, list[Opinion]]:
    """Field → what each run says of it.

    Args:
        runs: Runs of one dataset.
        places: Run folder → field → (n, 2) x, y of its candidates; runs without places say nothing.
    """
    opinions: dict[str, list[Opinion]] = {}
    for run in runs:
        whole = run.stages[-1]
        for field in run.fields if run.folder in places else ():
            points = places[run.folder][field.field]
            opinion = Opinion(points, field.scores[whole], field, run.threshold(whole))
            opinions.setdefault(field.field, []).append(opinion)
    return opinions


def doubts_of(records: Sequence[Record], opinions: Mapping[str, Sequence[Opinion]], rule: Matching) -> list[Doubt]:
    """The labels of the fields that are in doubt, those that are contradicted most surely first.

    Args:
        records: The fields; a field that several folds test is taken once.
        opinions: Field → what each system says of it.
        rule: Candidates within its radius are of one cell.
    """
    first = {record.field: index for index, record in reversed([*enumerate(records)])}
    doubts: list[Doubt] = []
    for name, own in opinions.items():
        if name in first:
            record = records[first[name]]
            doubts += _of_figures(first[name], record, own)
            doubts += _of_places(first[name], record, own, rule.radius_px(record.mpp))
    return sorted(doubts, key=lambda one: (-one.disagreement, one.field, one.y, one.x))


def _of_figures(index: int, record: Record, opinions: Sequence[Opinion]) -> list[Doubt]:
    """The labelled figures that systems miss or reject."""
    doubts: list[Doubt] = []
    for truth, (x, y) in enumerate(record.centroids.tolist()):
        scores = [one.of_figure(truth) for one in opinions]
        against = sum(not one.accepts(score) for one, score in zip(opinions, scores, strict=True))
        if 2 * against >= len(opinions):
            doubts.append(Doubt(index, x, y, FIGURE, float(np.mean(scores)), against, len(opinions)))
    return doubts


def _of_places(index: int, record: Record, opinions: Sequence[Opinion], radius: float) -> list[Doubt]:
    """The places without a labelled figure where systems detect one; of the detections of a cell, the surest counts."""
    points = np.concatenate([one.points[one.unlabelled] for one in opinions])
    scores = np.concatenate([one.scores[one.unlabelled] for one in opinions])
    order = np.argsort(-scores, kind="stable")
    kept: list[np.ndarray] = []
    doubts: list[Doubt] = []
    for point in points[order][scores[order] >= min(one.threshold for one in opinions)]:
        if kept and _distance(np.array(kept), point).min() <= radius:
            continue
        kept.append(point)
        highest = [one.of_place(point, radius) for one in opinions]
        against = sum(one.accepts(score) for one, score in zip(opinions, highest, strict=True))
        if 2 * against >= len(opinions):
            near = len(record.hard_negatives) and _distance(record.hard_negatives, point).min() <= radius
            x, y = point.tolist()
            label = LOOKALIKE if near else NONE
            doubts.append(Doubt(index, x, y, label, float(np.mean(highest)), against, len(opinions)))
    return doubts


def _distance(points: np.ndarray, point: np.ndarray) -> np.ndarray:
    return np.hypot(*(np.asarray(points, dtype=float).reshape(-1, 2) - point).T)


def audit_items(doubts: Sequence[Doubt]) -> list[Item]:
    """The doubts as items of a gallery."""
    items: list[Item] = []
    for one in doubts:
        votes = f", {one.against} of {one.judged}" if one.judged > 1 else ""
        kind = f"{LOOKALIKE}, " if one.label == LOOKALIKE else ""
        items.append(Item(one.kind, one.field, one.x, one.y, one.score, f"{kind}{one.score:.2f}{votes}"))
    return items


def audit_table(doubts: Sequence[Doubt], records: Sequence[Record]) -> Table:
    """The doubts that the galleries show, as a table."""
    shown = [one for kind in AUDITED for one in [own for own in doubts if own.kind == kind][:EACH]]
    rows = [
        [
            records[one.field].field,
            *(f"{value:.1f}" for value in (one.x, one.y)),
            one.label,
            f"{one.score:.3f}",
            f"{one.disagreement:.3f}",
            f"{one.against} of {one.judged}",
        ]
        for one in sorted(shown, key=lambda one: -one.disagreement)
    ]
    head = ("field", "x", "y", "labelled as", "mean score", "disagreement", "systems against the label")
    note = (
        "Labels that at least half of the systems contradict, on fields that none of them was trained on; the surest"
        " first. Mean score: of the final scores of all systems, 0 where one has no candidate. Below each crop stand"
        " the field, this score and, of several systems, how many are against the label. A click shows the field."
    )
    return Table("audit", "Label audit", head, rows, note)
