"""A process that ends with the one that started it, however that one ended."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """For a child of ``multiprocessing``: end when its parent does, even where the parent was killed.

    It would work on unseen otherwise, and hold its run folder's lock.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    _end_after(lambda: wait([parent.sentinel]))


def end_with_stdin() -> None:
    """For a child whose standard input is a pipe that only its parent holds: end when the pipe closes."""
    descriptor = sys.stdin.fileno()

    def closed() -> None:
        while os.read(descriptor, 1):
            pass

    _end_after(closed)


def _end_after(ended: Callable[[], object]) -> None:
    def watch() -> None:
        ended()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
