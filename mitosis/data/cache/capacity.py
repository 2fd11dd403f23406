"""What a cache lacks and whether its disk can hold that; whether the memory holds fields without one."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.progress import track

from mitosis.data.cache.cache import Cache
from mitosis.data.record import Record
from mitosis.errors import InputError

GIB = 2**30

Map = Callable[[Callable[[Record], Any], Iterable[Record]], Iterator[Any]]


def missing_records(cache: Cache, records: Sequence[Record], mapped: Map = map) -> list[Record]:
    """The records that are not wholly in the cache; prints first how much room they take and how much there is.

    ``mapped``: ``map``, or one over several processes. Raises ``InputError`` where the disk cannot hold them, and for a
    source that cannot be read.
    """
    bar = track(mapped(cache.missing_bytes, records), "looking for fields", len(records), disable=len(records) < 8)
    sizes = list(bar)
    missing = [record for record, size in zip(records, sizes, strict=True) if size]
    free = shutil.disk_usage(_existing(cache.folder)).free
    there = f"{len(records) - len(missing)} of {len(records)} fields are in {cache.folder}"
    print(f"{there}; {sum(sizes) / GIB:.2f} GiB needed for the others, {free / GIB:.2f} GiB free")
    if sum(sizes) > free:
        raise InputError(
            f"data.cache={cache.folder}: {sum(sizes) / GIB:.2f} GiB are needed and {free / GIB:.2f} GiB free;"
            " make room, or choose a folder on another disk"
        )
    return missing


def check_memory(records: Sequence[Record]) -> None:
    """``InputError`` where so many fields, 4 bytes a pixel with their masks, are more than the memory that is free."""
    needed, free = sum(4 * height * width for height, width in (record.size for record in records)), _memory()
    if free is not None and needed > free:
        raise InputError(
            f"{len(records)} fields take {needed / GIB:.2f} GiB of memory and {free / GIB:.2f} GiB are free; type"
            " data.cache=DIR, from which only what is used is read"
        )


def _memory() -> int | None:
    """Bytes that could be used now; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder.resolve(), *folder.resolve().parents) if path.is_dir())
