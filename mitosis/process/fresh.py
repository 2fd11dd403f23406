"""Child processes that start afresh, not as a copy of this one."""

import multiprocessing
import sys
from multiprocessing.context import BaseContext


def fresh_processes() -> BaseContext:
    """The context for children that inherit no thread, lock or state of this process: fork server, or spawn on Windows.

    A worker of joblib goes by joblib's own start method, which a child of another kind could not look up; such a worker
    changes to this one.
    """
    method = "forkserver" if sys.platform != "win32" else "spawn"
    if multiprocessing.get_start_method(allow_none=True) not in {None, *multiprocessing.get_all_start_methods()}:
        multiprocessing.set_start_method(method, force=True)
    return multiprocessing.get_context(method)
