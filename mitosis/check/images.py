"""Finds everything wrong with a dataset's images at once."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from rich.progress import track

from mitosis.check.check import Finding, finding
from mitosis.check.near_duplicates import dhash, near_duplicates
from mitosis.data.cache.fingerprint import files_of
from mitosis.data.record import Record

ALIKE = 4
"""Two images look alike if their hashes differ in at most this many of 64 bits."""


@dataclass(frozen=True)
class _Look:
    """What one image looks like: texts about what is wrong, empty where nothing is, and the hash of a usable image."""

    empty: str = ""
    broken: str = ""
    size: str = ""
    hash: np.uint64 | None = None


def check_images(records: Sequence[Record], workers: int) -> tuple[list[Finding], set[str]]:
    """Decode every image once, ``workers`` at a time; returns the findings and the names of the unusable fields."""
    pool = ThreadPoolExecutor(workers)
    try:
        looks = list(track(pool.map(_look, records), "checking images", len(records)))
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C, not before the last image otherwise
    seen = {record.field: look.hash for record, look in zip(records, looks, strict=True) if look.hash is not None}
    return [
        finding("empty files", "error", [look.empty for look in looks if look.empty]),
        finding("images that cannot be read", "error", [look.broken for look in looks if look.broken]),
        finding("images of another size than their record's", "error", [look.size for look in looks if look.size]),
        finding("images of two cases that look alike", "warning", _alike_across_cases(records, seen)),
    ], {record.field for record in records if record.field not in seen}


def _look(record: Record) -> _Look:
    files = [*files_of(record.read), *files_of(record.read_mask)]
    empty = next((f"{file}: 0 bytes" for file in files if os.path.getsize(file) == 0), "")
    try:
        image = record.read()
    except Exception as error:  # a dataset's reader may raise anything
        return _Look(empty, broken=" ".join(f"{record.field}: {error or type(error).__name__}".split()))
    if image.dtype != np.uint8 or image.shape != (*record.size, 3):
        expected = f"({record.size[0]}, {record.size[1]}, 3) uint8"
        return _Look(empty, size=f"{record.field}: {image.shape} {image.dtype}, its record says {expected}")
    return _Look(empty, hash=dhash(image))


def _alike_across_cases(records: Sequence[Record], seen: Mapping[str, np.uint64]) -> list[str]:
    usable = [record for record in records if record.field in seen]
    pairs = near_duplicates(np.array([seen[record.field] for record in usable], dtype=np.uint64), ALIKE)
    between = [(usable[i], usable[j]) for i, j in pairs if usable[i].case != usable[j].case]
    return [f"{one.field} of case {one.case} and {other.field} of case {other.case}" for one, other in between]
