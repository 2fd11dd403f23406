"""Scored candidates of fields as csv, without coordinates: enough to redraw every table and curve."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mitosis import files
from mitosis.errors import InputError
from mitosis.metric.field_scores import ALONE, BOTH, FieldScores
from mitosis.metric.matching import Matching, Reach

HEADER = ("field", "case", "candidate", "stage_one", "stage_two", "score", "truth")


@dataclass(frozen=True, eq=False)
class ScoredCandidates:
    """The candidates of one field, scored by both stages.

    Attributes:
        field: Name of the field.
        case: The patient.
        points: (n, 2) x, y in pixels.
        first: (n,) the segmenter's scores.
        second: (n,) the classifier's.
        score: (n,) the joint scores.
        truths: (m, 2) x, y of the mitotic figures in pixels.
        mpp: µm per pixel.
        area_mm2: Area of the field in mm².
    """

    field: str
    case: str
    points: np.ndarray
    first: np.ndarray
    second: np.ndarray
    score: np.ndarray
    truths: np.ndarray
    mpp: float
    area_mm2: float


def write_scored(path: Path, scored: Iterable[ScoredCandidates], matching: Matching) -> None:
    """Write one row per candidate and, for every field, one row per mitotic figure that has no candidate.

    The column ``truth`` names the mitotic figures within the matching radius by their row in the annotation, joined by
    +; it is empty for a false candidate. A row without a candidate is a mitotic figure that stage one missed. A field
    with neither has one empty row, so that its area counts.

    Args:
        path: The csv, replaced atomically.
        scored: The fields.
        matching: The rule, whose radius says which mitotic figures a candidate reaches.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for one in scored:
        reach = matching.reach(one.points, one.truths, one.mpp)
        reached: list[list[int]] = [[] for _ in one.points]
        for candidate, truth in zip(reach.prediction.tolist(), reach.truth.tolist(), strict=True):
            reached[candidate].append(truth)
        for index, score in enumerate(one.score):
            truths = "+".join(map(str, sorted(reached[index])))
            columns = [f"{value:.5f}" for value in (one.first[index], one.second[index], score)]
            writer.writerow((one.field, one.case, index, *columns, truths))
        missed = sorted(set(range(len(one.truths))).difference(*reached))
        for truth in missed:
            writer.writerow((one.field, one.case, "", "", "", "", truth))
        if not len(one.points) and not missed:
            writer.writerow((one.field, one.case, "", "", "", "", ""))
    files.write_text(path, text.getvalue())


def read_scored(path: Path) -> list[FieldScores]:
    """The fields that ``write_scored`` wrote, in their order; ``InputError`` naming the file, or its row, if broken."""
    rows: dict[str, list[dict[str, str]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                rows.setdefault(row["field"], []).append(row)
        return [_field_of(own) for own in rows.values()]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; python -m mitosis.evaluate makes it") from None
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise InputError(
            f"{path} is not a table of scored candidates ({error}); remove it and evaluate again"
        ) from error


def _field_of(rows: Sequence[dict[str, str]]) -> FieldScores:
    candidates = [row for row in rows if row["candidate"]]
    edges = sorted(
        (int(truth), index) for index, row in enumerate(candidates) for truth in filter(None, row["truth"].split("+"))
    )
    truth, prediction = (np.array(side, dtype=np.int64) for side in (zip(*edges, strict=True) if edges else ((), ())))
    columns = {ALONE: "stage_one", BOTH: "score"}
    return FieldScores(
        field=rows[0]["field"],
        case=rows[0]["case"],
        scores={stage: np.array([float(row[column]) for row in candidates]) for stage, column in columns.items()},
        reach=Reach(prediction, truth, np.zeros(len(truth))),
        missed=tuple(int(row["truth"]) for row in rows if not row["candidate"] and row["truth"]),
    )
