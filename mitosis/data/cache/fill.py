"""Filling a cache before training, with several processes."""

import signal
import warnings
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from rich.progress import track

from mitosis.data.cache.cache import Cache
from mitosis.data.cache.capacity import Map, missing_records
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.process.child import end_with_parent
from mitosis.process.fresh import fresh_processes


def fill(cache: Cache, records: Sequence[Record], workers: int) -> None:
    """Put the records into the cache with ``workers`` processes; prints first how much space that needs.

    If stopped or killed, the next call continues where this one stopped. Half-written files older than a day are
    removed, with a message. Each process needs the memory of one field, no matter how many fields there are.
    Raises ``InputError`` if the disk cannot hold the fields, an image cannot be read, or a process was killed.
    """
    if removed := cache.remove_left_behind():
        print(f"{cache.folder}: {removed} half-written file(s) removed, left by processes that were killed")
    with _mapping(workers) as mapped:
        missing = missing_records(cache, records, mapped)
        made = mapped(_Make(cache), missing)
        for messages in track(made, "normalising fields", len(missing), disable=not missing):
            for line in messages:
                warnings.warn(line, stacklevel=2)


class _Make:
    """Writes a record's entries and returns the warnings, so that the parent process can show them."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def __call__(self, record: Record) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self._cache.field(record)
        return [str(warning.message) for warning in caught]


@contextmanager
def _mapping(workers: int) -> Generator[Map]:
    """A ``map`` over ``workers`` processes; for one worker the builtin ``map``."""
    if workers == 1:
        yield map
        return
    # No fork: this process has threads (progress bar, OpenCV), and their locks could stay locked in a forked child.
    pool = ProcessPoolExecutor(workers, mp_context=fresh_processes(), initializer=_begin)
    try:
        yield pool.map
    except BrokenProcessPool:
        raise InputError(
            "a process that normalises fields was killed, as the system does when memory runs out; the same command"
            " goes on from there, with less memory if you type workers=1"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with the parent however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
