"""Several devices: processes that end together, and runs that come out as on one device."""

import os
import signal
import time

import pytest

from mitosis import devices
from mitosis.devices import FAULT, LOST, MISTAKE, together
from mitosis.errors import InputError
from mitosis.rank import RANKS

# What the processes do, for the builtin exec, which every process knows.
PLACE = """
import os, pathlib
names = ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR")
pathlib.Path(folder, os.environ["LOCAL_RANK"]).write_text(" ".join(os.environ[name] for name in names))
print("rank", os.environ["LOCAL_RANK"])
"""
KILLED = """
import os, signal, time
if os.environ["LOCAL_RANK"] == "1":
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(60)
"""
MISTAKEN = """
from mitosis.errors import InputError
raise InputError("row 7")
"""


def test_processes_know_their_place_and_the_first_speaks(tmp_path, capfd: pytest.CaptureFixture) -> None:
    together(2, exec, PLACE, {"folder": str(tmp_path)})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "0": "0 0 2 127.0.0.1",
        "1": "1 0 2 127.0.0.1",
    }
    assert capfd.readouterr().out == "rank 0\n"
    assert not [name for name in RANKS if name in os.environ]


@pytest.mark.parametrize(
    ("code", "said"),
    [(KILLED, r"a process of this run died \(SIGKILL\); the same command goes on"), (MISTAKEN, "^row 7$")],
)
def test_one_ends_all(code: str, said: str) -> None:
    began = time.monotonic()
    with pytest.raises(InputError, match=said):
        together(2, exec, code)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("codes", "words", "kind", "said"),
    [
        ([None, -9], [], InputError, r"died \(SIGKILL\)"),
        ([1, -9], [(FAULT, "what it means to lose the other")], InputError, r"died \(SIGKILL\)"),
        ([1, 1], [(LOST, "lost"), (MISTAKE, "row 7")], InputError, "^row 7$"),
        ([1, 1], [(MISTAKE, "row 7"), (MISTAKE, "row 8")], InputError, "^row 7$"),
        ([1, 1], [(LOST, "lost"), (FAULT, "ZeroDivisionError")], RuntimeError, "ZeroDivisionError"),
        ([1, None], [(LOST, "lost")], InputError, "^lost$"),
        ([0, 3], [], RuntimeError, "exit code 3"),
    ],
)
def test_what_is_said_is_why_the_first_one_failed(
    codes: list[int | None], words: list[tuple[int, str]], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        devices._explain(codes, words)


def test_they_end_with_their_parent(tmp_path) -> None:
    """The parent is killed while its processes sleep."""
    code = f"import os, pathlib, time\npathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()\ntime.sleep(60)"
    parent = os.fork()
    if not parent:
        together(2, exec, code)
        os._exit(0)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    children = [int(path.name) for path in tmp_path.iterdir()]
    assert len(children) == 2
    while any(alive(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as file:  # one that nobody waited for
        return file.read().rpartition(")")[2].split()[0] != "Z"
