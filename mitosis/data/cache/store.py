"""Reads and stain-normalises fields, and keeps them in memory or on disk."""

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
"""Normalises the image of a field, (height, width, 3) uint8 RGB; the field's name is for its warnings."""


class FieldStore:
    """Provides the pixels of records, each stain-normalised once.

    Args:
        stain: Called with an image, (height, width, 3) uint8 RGB, and the field's name; returns the normalised image.
            Must be picklable if there is a cache.
        cache: Folder that keeps the normalised fields; crops are then read from disk. None reads fields into memory.

    Raises:
        InputError: ``cache`` is a file.
    """

    def __init__(self, stain: Stain, cache: Path | str | None = None) -> None:
        self.stain = stain
        self.cache = None if cache is None else Cache(Path(cache), stain)
        self._held: dict[str, Field] = {}
        self._read: set[str] = set()

    def check_room(self, records: Sequence[Record]) -> None:
        """Print how many of the records the cache lacks, if there is a cache.

        Args:
            records: The records that will be needed.

        Raises:
            InputError: The disk cannot hold the missing fields.
        """
        if self.cache is not None:
            missing_records(self.cache, list({record.field: record for record in records}.values()))

    def fields(self, records: Sequence[Record]) -> list[Field]:
        """Return the records with their pixels; each is read once per process and then kept.

        Args:
            records: The records to read.

        Returns:
            One field per record, in the same order.

        Raises:
            InputError: The memory cannot hold the fields, or an image cannot be read.
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
        """Yield the same fields one by one; only the current one and the next, which a thread reads, are in memory.

        Fields that ``fields`` has already read are not read again. The warning about a field that cannot be normalised
        is shown only the first time it is read.

        Args:
            records: The records to read.

        Returns:
            An iterator over the fields, in the order of ``records``.
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
