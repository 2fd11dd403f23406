"""A cache filled ahead of training, by several processes."""

import multiprocessing
import signal
import sys
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


def fill(cache: Cache, records: Sequence[Record], workers: int) -> None:
    """Put the records into the cache, ``workers`` at once; prints first how much space that takes.

    Stopped or killed, it goes on where it was; what was half written a day ago and more is removed, with a message.
    Memory is that of one field a process, however many fields there are.
    Raises ``InputError`` where the disk cannot hold it, for an image that cannot be read, and when a process was
    killed.
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
    """Makes a record's entries; returns the warnings, which a process of its own would print in its own way."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def __call__(self, record: Record) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self._cache.field(record)
        return [str(warning.message) for warning in caught]


@contextmanager
def _mapping(workers: int) -> Generator[Map]:
    """``map`` over so many processes; over this one where there is to be one."""
    if workers == 1:
        yield map
        return
    # Not forked from here: this process has threads (the bar's, OpenCV's), whose locks a fork would leave locked.
    context = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
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
    """Ctrl-C is the parent's to answer, and no process outlives it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
