"""Output without a reader, and letters that a terminal does not know."""

import os
import subprocess
import sys
from pathlib import Path

BODY = """
import sys
from pathlib import Path
from mitosis.process.output import lasting_output, print_any_letter
print_any_letter()
with lasting_output():
    for number in range(3):
        print("x" * 100_000, number, flush=True)
    Path(sys.argv[1]).write_text("done")
"""


def test_work_goes_on_without_a_reader(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BODY, str(tmp_path / "done")]
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "done").read_text() == "done"


def test_another_broken_pipe_is_an_error() -> None:
    body = """
import os
from mitosis.process.output import lasting_output
with lasting_output():
    r, w = os.pipe()
    os.close(r)
    os.write(w, b"x")
"""
    ended = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "BrokenPipeError" in ended.stderr


def test_an_unknown_letter_is_a_question_mark() -> None:
    body = "from mitosis.process.output import print_any_letter; print_any_letter(); print('a \u2192 \xb5')"
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    ended = subprocess.run([sys.executable, "-c", body], capture_output=True, env=environment)
    assert (ended.returncode, ended.stdout) == (0, b"a ? \xb5\n")
