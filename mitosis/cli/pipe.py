"""Ending a command when the reader of its output has gone, as in ``| head``."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from mitosis.process.output import reader_is_gone, silence_output

CODE = 141
"""Exit code that a shell reports for a program ended by SIGPIPE: 128 + 13."""


@contextmanager
def end_with_reader() -> Generator[None]:
    """Exit with code 141 and without a traceback when the reader of stdout has gone."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        if not reader_is_gone():  # another pipe broke, which is a bug
            raise
        silence_output()  # Python flushes stdout again at exit
        sys.exit(CODE)
