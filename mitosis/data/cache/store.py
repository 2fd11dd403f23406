"""Fields with their pixels: read, stain-normalised, and held in memory or kept on disk."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.progress import track

from mitosis.data.cache.cache import Cache
from mitosis.data.cache.capacity import check_memory, missing_records
from mitosis.data.cache.prefetch import prefetch
from mitosis.data.record import Field, Record

Stain = Callable[[np.ndarray, str], np.ndarray]
"""Normalises the image of a field, (height, width, 3) uint8 RGB, and names the field in its warnings."""


class FieldStore:
    """Gives records their pixels, each stain-normalised once.

    Args:
        stain: Called with an image and the field's name; picklable where there is a cache.
        cache: A folder that keeps normalised fields, which are then read from there crop by crop; None: fields are
            read into memory.

    Raises:
        InputError: ``cache`` is a file.
    """

    def __init__(self, stain: Stain, cache: Path | str | None = None) -> None:
        self.stain = stain
        self.cache = None if cache is None else Cache(Path(cache), stain)
        self._held: dict[str, Field] = {}
        self._read: set[str] = set()

    def check_room(self, records: Sequence[Record]) -> None:
        """Print how much of these the cache lacks, where there is one; ``InputError`` if its disk cannot hold that."""
        if self.cache is not None:
            missing_records(self.cache, list({record.field: record for record in records}.values()))

    def fields(self, records: Sequence[Record]) -> list[Field]:
        """The records with their pixels, in the given order; each is read once a process and held from then on.

        Raises ``InputError`` where the memory cannot hold them, and for an image that cannot be read.
        """
        missing = [record for record in records if record.field not in self._held]
        if missing:
            if self.cache is None:
                check_memory(missing)
            with ThreadPoolExecutor(max_workers=2) as pool:
                loaded = pool.map(self._load, missing)
                for record, field in zip(
                    missing, track(loaded, "reading fields", len(missing), disable=len(missing) < 8), strict=True
                ):
                    self._held[record.field] = field
        return [self._held[record.field] for record in records]

    def each(self, records: Sequence[Record]) -> Iterator[Field]:
        """The same fields one after another; only the one in use and the next, which a thread reads, are in memory.

        What ``fields`` holds is not read again. A field that cannot be normalised is warned of at its first reading
        alone.
        """
        return prefetch(self._one, records)

    def _one(self, record: Record) -> Field:
        if record.field in self._held:
            return self._held[record.field]
        if record.field not in self._read:
            self._read.add(record.field)
            return self._load(record)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=f"{re.escape(record.field)}: ")
            return self._load(record)

    def _load(self, record: Record) -> Field:
        if self.cache is not None:
            return self.cache.field(record)
        return Field(record, self.stain(record.read(), record.field), record.mask())
