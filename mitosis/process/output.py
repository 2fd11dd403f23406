"""The standard output of this process, which may outlast its reader."""

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

STDOUT = 1


@contextmanager
def lasting_output() -> Generator[None]:
    """Go on without output when the reader of stdout has gone, as in ``| head -1``: training must not end with it."""
    before = sys.stdout
    sys.stdout = _Lasting(before)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = before


def print_any_letter() -> None:
    """Print ? for a letter that the terminal does not know, such as → in Latin-1, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a stream of a test, or a closed one
            stream.reconfigure(errors="replace")  # pyright: ignore


def reader_is_gone() -> bool:
    """Whether nobody reads stdout any more."""
    poll = select.poll()
    poll.register(STDOUT, 0)
    return bool(poll.poll(0))


def silence_output() -> None:
    """Send stdout to nowhere from now on, with what is still in its buffer."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)


class _Lasting:
    """A stream whose broken pipe is no error once its reader has gone."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            if not reader_is_gone():  # another pipe broke, which is a bug
                raise
            silence_output()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            if not reader_is_gone():
                raise
            silence_output()
