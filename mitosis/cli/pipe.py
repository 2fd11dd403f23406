"""What a command does when nobody reads its output any longer, as behind ``| head``."""

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager

STDOUT = 1
CODE = 141
"""Exit code of a program that a shell saw end by SIGPIPE: 128 + 13."""


@contextmanager
def end_with_reader() -> Generator[None]:
    """End without a traceback, with exit code 141, once the reader of stdout is gone."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_is_gone():  # another pipe broke, and that is a fault
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # Python flushes once more at its end
        sys.exit(CODE)


def _reader_is_gone() -> bool:
    poll = select.poll()
    poll.register(STDOUT, 0)
    return bool(poll.poll(0))
