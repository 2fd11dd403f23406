"""Ending a child process together with its parent, even if the parent is killed."""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait

POLL = 0.5
"""Seconds between two looks at the process that started this one."""
_watched: list[int] = []


def end_with_parent() -> None:
    """In a child of ``multiprocessing``: exit when the parent ends, even if it was killed.

    Otherwise the child would keep running unnoticed and hold the lock of its run folder.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    _end_after(lambda: wait([parent.sentinel]))


def end_with_stdin() -> None:
    """In a child whose standard input is a pipe held only by its parent: exit when the pipe closes."""
    descriptor = sys.stdin.fileno()

    def closed() -> None:
        while os.read(descriptor, 1):
            pass

    _end_after(closed)


def end_with_launcher() -> None:
    """In a worker process of joblib: exit when the process that started it ends, even if it was killed."""
    if _watched or not multiprocessing.current_process().name.startswith("Loky"):
        return
    _watched.append(os.getppid())

    def gone() -> None:
        while os.getppid() == _watched[0]:
            time.sleep(POLL)

    _end_after(gone)


def _end_after(ended: Callable[[], object]) -> None:
    def watch() -> None:
        ended()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
