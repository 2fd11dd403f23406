"""What the networks found on a part of a fold, kept on disk, so that another matching rule runs no network."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mitosis import files
from mitosis.cascade.cascade import Cascade
from mitosis.data.fold.labels import labels_of
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.inference.components import Candidates
from mitosis.version import installed_version

SETTINGS = ("model", "tiling", "candidate", "crop", "stain")
"""Tables of a recipe on which scores depend."""
NO_LABELS = np.zeros((0, 0), np.int32)


@dataclass(frozen=True, eq=False)
class Found:
    """The candidates of one field, scored, and its pixels counted at a probability of 0.5.

    Attributes:
        candidates: The candidates; their ``labels`` are empty.
        second: (n,) the classifier's scores, before any decision.
        pixel: Counts of pixels ``tp``, ``fp`` and ``fn``.
    """

    candidates: Candidates
    second: np.ndarray
    pixel: dict[str, int]


def origin(cascade: Cascade, records: Sequence[Record], adapt: bool) -> dict[str, Any]:
    """All that scores depend on, as plain data: networks, their settings, fields, labels and this version."""
    networks = [
        [one.hash, one.chosen, one.mpp, {key: one.recipe.get(key) for key in SETTINGS}]
        for one in (*cascade.segmenters, *cascade.classifiers)
    ]
    return {
        "version": installed_version(),
        "networks": networks,
        "window": cascade.window,
        "symmetries": cascade.decision.symmetries if cascade.decision else 1,
        "adapt": adapt,
        "fields": [[record.field, list(record.size), record.mpp, record.case] for record in records],
        "labels": labels_of(records),
        "masks": _masks_of(records),
    }


def write_found(path: Path, made_from: dict[str, Any], found: dict[str, Found]) -> None:
    """Write what was found in each field, by name, and what it was made from, as one file."""
    fields = {
        name: {
            "points": one.candidates.points.tolist(),
            "area_um2": one.candidates.area_um2.tolist(),
            "first": one.candidates.mean.tolist(),
            "max": one.candidates.max.tolist(),
            "second": one.second.tolist(),
            "pixel": one.pixel,
        }
        for name, one in found.items()
    }
    files.write_json(path, {"made_from": made_from, "fields": fields})


def read_found(path: Path, made_from: dict[str, Any]) -> dict[str, Found] | None:
    """What ``write_found`` wrote, bit by bit; None if it is missing, broken, or made from something else."""
    try:
        content = files.read_json(path)
    except InputError:
        return None
    if content.get("made_from") != made_from:
        return None
    found: dict[str, Found] = {}
    for name, one in content["fields"].items():
        area, first, highest, second = (
            np.array(one[key], dtype=np.float64) for key in ("area_um2", "first", "max", "second")
        )
        points = np.array(one["points"], dtype=np.float64).reshape(-1, 2)
        candidates = Candidates(points, area, first, highest, NO_LABELS)
        found[name] = Found(candidates, second, one["pixel"])
    return found


def _masks_of(records: Sequence[Record]) -> str:
    """Digest of the fields' masks, on which the counts of pixels depend."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(np.ascontiguousarray(record.mask()).tobytes())
    return digest.hexdigest()
