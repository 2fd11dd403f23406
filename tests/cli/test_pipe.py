"""Commands behind ``| head``."""

import os
import subprocess
import sys

import pytest

PRINTS = "print('x' * 100_000)"
BUFFERED = "print('x')"
OTHER_PIPE = "import os; r, w = os.pipe(); os.close(r); os.write(w, b'x')"


def ended(body: str, *, reader: bool, options: tuple[str, ...] = ()) -> tuple[int, str]:
    """Exit code and stderr of ``body`` inside the guard, with or without a reader of its stdout."""
    code = f"from mitosis.cli.pipe import end_with_reader\nwith end_with_reader():\n    {body}"
    command = [sys.executable, *options, "-c", code]
    if reader:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    else:
        read, write = os.pipe()
        os.close(read)  # before it starts, so that it has none from its first letter on
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
        os.close(write)
    return done.returncode, done.stderr


@pytest.mark.parametrize("options", [(), ("-u",)])
@pytest.mark.parametrize("body", [PRINTS, BUFFERED])
def test_a_command_without_a_reader_ends_quietly(body: str, options: tuple[str, ...]) -> None:
    assert ended(body, reader=False, options=options) == (141, "")


def test_with_a_reader_nothing_changes() -> None:
    assert ended(PRINTS, reader=True) == (0, "")


def test_another_broken_pipe_is_an_error() -> None:
    code, error = ended(OTHER_PIPE, reader=True)
    assert code == 1
    assert "Traceback" in error
    assert "BrokenPipeError" in error
