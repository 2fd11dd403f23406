"""The test fields of evaluated runs with their pixels and labels, where the data is on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.metric.matching import Matching
from mitosis.output.table import read_rows
from mitosis.reporting.evaluated import Evaluated
from mitosis.run.folder import data_roots
from mitosis.run.name import roots_of


@dataclass(frozen=True, eq=False)
class Shown:
    """A test field with the detections of a run.

    Attributes:
        record: The field.
        points: (n, 2) x, y of the detections in pixels.
        scores: (n,) their scores.
    """

    record: Record
    points: np.ndarray
    scores: np.ndarray


def open_fields(run: Evaluated, given: Mapping[str, Any], beside: Path | None = None) -> list[Shown]:
    """The test fields of a run.

    Args:
        run: The run.
        given: ``data`` of the command: the roots, where the data has moved.
        beside: For a combined cascade, whose folder does not say where its data lies, a run of the same data.

    Raises:
        InputError: The data is not there, or other fields are.
    """
    from mitosis.run.assembly import reopen_data  # imports torch

    place = beside if run.networks else run.segmenter
    roots = data_roots(place, dict(given)) if place else roots_of(dict(given))
    data = reopen_data(run.first, run.segmenter, roots)
    records = {record.field: record for record in data.parts.test}
    if missing := [name for name in run.result["names"] if name not in records]:
        raise InputError(f"{run.folder}: its test field {missing[0]} is not among those of its data")
    rows = read_rows(run.folder / "detections.csv")
    return [_shown(records[name], rows) for name in run.result["names"]]


def _shown(record: Record, rows: Sequence[tuple[str, ...]]) -> Shown:
    own = [row for row in rows if row[0].removeprefix("'") == record.field.removeprefix("'")]
    points = np.array([(float(row[1]), float(row[2])) for row in own]).reshape(-1, 2)
    return Shown(record, points, np.array([float(row[3]) for row in own]))


def area_mm2(fields: Sequence[Shown]) -> float:
    """Area of the fields in mm²."""
    return sum(float(np.prod(one.record.size)) * one.record.mpp**2 / 1e6 for one in fields)


def counts_under(rule: Matching, fields: Sequence[Shown]) -> tuple[int, int, int]:
    """TP, predictions and mitotic figures of the detections under a matching rule."""
    tp = sum(rule(one.points, np.array(one.record.centroids).reshape(-1, 2), one.record.mpp).tp for one in fields)
    return tp, sum(len(one.points) for one in fields), sum(len(one.record.figures) for one in fields)
