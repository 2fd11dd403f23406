"""Finds everything wrong with a dataset's labels, folds and counts at once."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitosis.data.fold.lists import OFFICIAL, PARTS, FoldLists, split, val_by_case
from mitosis.data.inventory import Inventory, Part
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.mpp import MPP, plausible

Verdict = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: what it looks for, the verdict, the number of problems, and the first problem."""

    check: str
    verdict: Verdict
    count: int = 0
    first: str = ""


def finding(check: str, gravity: Verdict, offenders: Sequence[str]) -> Finding:
    """A finding with the verdict ``gravity`` if there are offenders, otherwise ok."""
    return Finding(check, gravity, len(offenders), offenders[0]) if offenders else Finding(check, "ok")


def check_labels(records: Sequence[Record]) -> list[Finding]:
    """Check that the labels lie inside their images, are not repeated, and that the mpp is plausible."""
    outside, twice, absurd = [], [], []
    for record in records:
        outside += [f"{record.field}, {text}" for text in _outside(record)]
        points = np.concatenate([record.centroids, np.asarray(record.hard_negatives, float).reshape(-1, 2)])
        places, counts = np.unique(points.round(3), axis=0, return_counts=True)
        twice += [f"{record.field}: {n} at ({x:g}, {y:g})" for (x, y), n in zip(places, counts, strict=True) if n > 1]
        if not plausible(record.mpp):
            absurd.append(f"{record.field}: {record.mpp} µm per pixel")
    return [
        finding("labels outside their image", "error", outside),
        finding("several labels at one point", "warning", twice),
        finding(f"µm per pixel missing or not in {MPP[0]} … {MPP[1]}", "error", absurd),
    ]


def _outside(record: Record) -> list[str]:
    height, width = record.size
    texts = []
    for number, figure in enumerate(record.figures, start=1):
        pixels = figure.pixels
        beyond = pixels[~((pixels >= 0) & (pixels < (width, height))).all(axis=1)]
        if len(beyond):
            texts.append(f"mitosis {number}: pixel ({beyond[0][0]}, {beyond[0][1]}) of an image {width} x {height}")
    for number, (x, y) in enumerate(record.hard_negatives, start=1):
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            texts.append(f"hard negative {number}: ({x:g}, {y:g}) of an image {width} x {height}")
    return texts


def check_folds(records: Sequence[Record], lists: FoldLists) -> list[Finding]:
    """Check that every fold can be made of the records and keeps cases apart, unless it is ``by_field``."""
    case = {record.field: record.case for record in records}
    shared, unmade, unlisted = [], [], []
    for fold, parts in lists.items():
        cases = {part: {case[name] for name in parts[part] if name in case} for part in PARTS}
        both = (cases["train"] | cases["val"]) & cases["test"] if fold not in lists.by_field else set()
        if val_by_case(records, lists):
            both |= cases["train"] & cases["val"]
        shared += [f"fold {fold}: case {name}" for name in sorted(both)]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                split(records, fold, lists)
            except InputError as error:
                unmade += [] if both else [str(error)]
        unlisted = unlisted or [str(warning.message) for warning in caught]
    return [
        finding("cases in two parts of a fold", "error", shared),
        finding("folds that cannot be made", "warning", unmade),
        finding("fields in no fold list", "warning", unlisted),
    ]


def check_counts(records: Sequence[Record], inventory: Inventory | None, lists: FoldLists) -> list[Finding]:
    """Compare the numbers of fields, mitoses and hard negatives with the published ones, part by part.

    A part that is completely absent is not reported, since test parts are often published separately. ``inventory``:
    the dataset's ``inventory``; None if nothing was published.
    """
    if inventory is None:
        return [Finding("counts", "ok", first=f"{counted(records)}; no published inventory")]
    parts = [(part, of_part(part, records, lists)) for part in inventory.parts]
    present = [(part, own) for part, own in parts if own]
    if not present:
        return [_compared(inventory.name, inventory, records, inventory.note)]
    findings = [_compared(f"{inventory.name}, {part.name}", part, own, inventory.note) for part, own in present]
    within = {record.field for _, own in present for record in own}
    further = [record.field for record in records if record.field not in within]
    return [*findings, *([finding("fields in no published part", "warning", further)] if further else [])]


def of_part(part: Part, records: Sequence[Record], lists: FoldLists) -> list[Record]:
    """The records that belong to a published part; empty if it is not on disk."""
    if part.cases:
        return [record for record in records if record.case in part.cases]
    official = lists.get(OFFICIAL, {name: [] for name in PARTS})
    names = official["test"] if part.name == "test" else [*official["train"], *official["val"]]
    return [record for record in records if record.field in set(names)]


def _compared(name: str, expected: Inventory | Part, records: Sequence[Record], note: str) -> Finding:
    have = tally(records)
    known = {what: getattr(expected, what) for what in have if getattr(expected, what) is not None}
    text = ", ".join(f"{have[what]}/{count} {what.replace('_', ' ')}" for what, count in known.items())
    off = sum(have[what] != count for what, count in known.items())
    return Finding(name, "warning" if off else "ok", off, text + (f" ({note})" if off and note else ""))


def counted(records: Sequence[Record]) -> str:
    """The numbers of fields, mitoses and hard negatives, as text."""
    return ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in tally(records).items())


def tally(records: Sequence[Record]) -> dict[str, int]:
    """The numbers of fields, mitoses and hard negatives, keyed by the names of ``Inventory``."""
    return {
        "fields": len(records),
        "mitoses": sum(len(record.figures) for record in records),
        "hard_negatives": sum(len(record.hard_negatives) for record in records),
    }
