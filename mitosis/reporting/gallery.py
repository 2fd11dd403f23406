"""Crops of what a system found rightly, wrongly and not at all, and the fields that they lie in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mitosis.inference.crop import crop
from mitosis.metric.field_scores import BOTH, FieldScores
from mitosis.metric.matching import Matching
from mitosis.output.page.template import jpeg
from mitosis.reporting.fields import Shown

KINDS = {
    "fp": "False alarms, most certain first",
    "fn": "Missed figures, nearest to being found first",
    "tp": "Figures found, least certain first",
}
AUDITED = {
    "unlabelled": "Not labelled as mitotic figures, scored highest",
    "labelled": "Labelled as mitotic figures, scored lowest",
}
"""Galleries of the label audit; what stands below their crops begins with the field."""
EACH = 24
"""Most crops of a kind."""
SIDE_UM, PIXELS = 25.0, 100
"""Side of a crop: 25 µm, as in the datasets' own cards of figures."""
LONGEST = 900
"""Most pixels along a side of an embedded field."""
ROOM = 16_000_000
"""Bytes that all embedded fields may take together: a report is to stay below 25 MB."""
MARK_UM = 8.0
"""Radius of the marks."""


@dataclass(frozen=True)
class Item:
    """A detection, a missed figure, or a label in doubt.

    Attributes:
        kind: A key of ``KINDS`` or ``AUDITED``.
        field: Index of its field.
        x: Column in pixels of the field.
        y: Row.
        score: The final score; 0 for a figure without candidate.
        words: What is written below the crop: the score, and what kind of error it is.
    """

    kind: str
    field: int
    x: float
    y: float
    score: float
    words: str


def items_of(fields: Sequence[Shown], scored: Sequence[FieldScores], rule: Matching) -> list[Item]:
    """Every detection and every missed figure, in the order in which each kind is shown.

    Args:
        fields: The test fields with their detections.
        scored: The scored candidates of the same fields, by which a missed figure is given to a stage.
        rule: Decides which detection matches which figure.
    """
    by_name = {one.field: one for one in scored}
    items: list[Item] = []
    for index, one in enumerate(fields):
        truths = one.record.centroids
        pairs = rule(one.points, truths, one.record.mpp).pairs
        right, detected = set(pairs[:, 0].tolist()), set(pairs[:, 1].tolist())
        near = set(rule.reach(one.points, truths, one.record.mpp).prediction.tolist())
        for number, ((x, y), score) in enumerate(zip(one.points.tolist(), one.scores.tolist(), strict=True)):
            words = f"{'twice, ' if number in near - right else 'score '}{score:.2f}"
            items.append(Item("tp" if number in right else "fp", index, x, y, score, words))
        best = _best_scores(by_name[one.record.field])
        for number, (x, y) in enumerate(truths.tolist()):
            if number not in detected:
                score = best.get(number, 0.0)
                words = f"rejected, {score:.2f}" if number in best else "no candidate"
                items.append(Item("fn", index, x, y, score, words))
    return sorted(items, key=lambda item: (item.kind, item.score if item.kind == "tp" else -item.score))


def _best_scores(field: FieldScores) -> dict[int, float]:
    """Mitotic figure → the highest final score of the candidates that reach it."""
    best: dict[int, float] = {}
    for truth, candidate in zip(field.reach.truth.tolist(), field.reach.prediction.tolist(), strict=True):
        best[truth] = max(best.get(truth, 0.0), float(field.scores[BOTH][candidate]))
    return best


def gallery_of(fields: Sequence[Shown], items: Sequence[Item], kinds: Collection[str] = tuple(KINDS)) -> dict[str, Any]:
    """The data of the galleries: crops of the first of each kind, and their fields while there is room.

    Fields without an image are missing under ``fields``, and their crops cannot be opened.
    """
    shown = {kind: [item for item in items if item.kind == kind][:EACH] for kind in kinds}
    order = dict.fromkeys(item.field for turn in range(EACH) for own in shown.values() for item in own[turn : turn + 1])
    crops: dict[tuple[str, int], str] = {}
    pictures: dict[int, dict[str, Any]] = {}
    used = 0
    for field in order:
        image = fields[field].record.read()
        for kind, own in shown.items():
            crops |= {
                (kind, number): _crop(image, item, fields[field])
                for number, item in enumerate(own)
                if item.field == field
            }
        picture = jpeg(_shrunk(image))
        used += len(picture)
        if used <= ROOM:
            pictures[field] = _field(fields[field], picture)
    return {
        "total": {kind: sum(item.kind == kind for item in items) for kind in kinds},
        "items": {
            kind: [
                {
                    "field": item.field,
                    "x": round(item.x, 1),
                    "y": round(item.y, 1),
                    "words": _title(item, fields) if kind in AUDITED else item.words,
                    "title": _title(item, fields),
                    "crop": crops[kind, number],
                }
                for number, item in enumerate(own)
            ]
            for kind, own in shown.items()
        },
        "fields": pictures,
    }


def _title(item: Item, fields: Sequence[Shown]) -> str:
    return f"{fields[item.field].record.field}, {item.words}"


def _crop(image: np.ndarray, item: Item, shown: Shown) -> str:
    return jpeg(crop(image, (item.x, item.y), side_um=SIDE_UM, mpp=shown.record.mpp, pixels=PIXELS, border="reflect"))


def _shrunk(image: np.ndarray) -> np.ndarray:
    scale = min(1.0, LONGEST / max(image.shape[:2]))
    sides = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return cv2.resize(image, sides, interpolation=cv2.INTER_AREA) if scale < 1 else image


def _field(shown: Shown, picture: str) -> dict[str, Any]:
    record = shown.record
    return {
        "name": record.field,
        "size": [record.size[1], record.size[0]],
        "radius": MARK_UM / record.mpp,
        "picture": picture,
        "truths": np.round(record.centroids, 1).tolist(),
        "detections": np.round(shown.points, 1).tolist(),
    }
