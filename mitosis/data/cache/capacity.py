"""Whether the disk can hold the fields missing from a cache, and whether memory can hold fields without a cache."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.progress import track

from mitosis.data.cache.cache import Cache
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.process.memory import amount, free_memory

Map = Callable[[Callable[[Record], Any], Iterable[Record]], Iterator[Any]]


def missing_records(cache: Cache, records: Sequence[Record], mapped: Map = map) -> list[Record]:
    """The records that are not completely in the cache; prints how much space they need and how much is free.

    ``mapped``: ``map``, or an equivalent over several processes. Raises ``InputError`` if the disk cannot hold them or
    a source cannot be read.
    """
    bar = track(mapped(cache.missing_bytes, records), "looking for fields", len(records), disable=len(records) < 8)
    sizes = list(bar)
    missing = [record for record, size in zip(records, sizes, strict=True) if size]
    free = shutil.disk_usage(_existing(cache.folder)).free
    there = f"{len(records) - len(missing)} of {len(records)} fields are in {cache.folder}"
    print(f"{there}; {amount(sum(sizes))} needed for the others, {amount(free)} free")
    if sum(sizes) > free:
        raise InputError(
            f"data.cache={cache.folder}: {amount(sum(sizes))} are needed and {amount(free)} free;"
            " make room, or choose a folder on another disk"
        )
    return missing


def check_memory(records: Sequence[Record]) -> None:
    """``InputError`` if the fields, at 4 bytes per pixel with their masks, need more memory than is free."""
    needed, free = sum(4 * height * width for height, width in (record.size for record in records)), free_memory()
    if free is not None and needed > free:
        raise InputError(
            f"{len(records)} fields take {amount(needed)} of memory and {amount(free)} are free; type"
            " data.cache=DIR, from which only what is used is read"
        )


def _existing(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    return next(path for path in (folder.resolve(), *folder.resolve().parents) if path.is_dir())
