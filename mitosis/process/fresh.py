"""Child processes that start afresh, not as a copy of this one."""

import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Windows has no fork server
    from multiprocessing.context import ForkServerContext, SpawnContext


def fresh_processes() -> "ForkServerContext | SpawnContext":
    """The context for children that inherit no thread, lock or state of this process: fork server, or spawn on Windows.

    A worker of joblib goes by joblib's own start method, which a child of another kind could not look up; such a worker
    changes to this one.
    """
    if sys.platform == "win32":
        context = multiprocessing.get_context("spawn")
    else:
        context = multiprocessing.get_context("forkserver")
    if multiprocessing.get_start_method(allow_none=True) not in {None, *multiprocessing.get_all_start_methods()}:
        multiprocessing.set_start_method(context.get_start_method(), force=True)
    return context
