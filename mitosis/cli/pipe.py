"""Ending a command when the reader of its output has gone, as in ``| head``."""

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager

STDOUT = 1
CODE = 141
"""Exit code that a shell reports for a program ended by SIGPIPE: 128 + 13."""


@contextmanager
def end_with_reader() -> Generator[None]:
    """Exit with code 141 and without a traceback when the reader of stdout has gone."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_is_gone():  # another pipe broke, which is a bug
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # Python flushes stdout again at exit
        sys.exit(CODE)


def _reader_is_gone() -> bool:
    poll = select.poll()
    poll.register(STDOUT, 0)
    return bool(poll.poll(0))
