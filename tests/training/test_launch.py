"""A function in several processes: they find one another and end together."""

import os
import signal
import time
from functools import partial

import pytest

from mitosis.cli.messages import user_message
from mitosis.errors import InputError
from mitosis.process.rank import RANKS
from mitosis.training import launch as module
from mitosis.training.launch import FAULT, LOST, MISTAKE, launch

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
time.sleep(3600)
"""
MISTAKEN = """
from mitosis.errors import InputError
raise InputError("row 7")
"""


def test_processes_know_their_rank_and_only_rank_zero_prints(tmp_path, capfd: pytest.CaptureFixture) -> None:
    launch(2, partial(exec, PLACE, {"folder": str(tmp_path)}), user_message)
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
def test_one_failure_ends_all_processes(code: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        launch(2, partial(exec, code), user_message)  # returns long before the other's hour is over


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
def test_the_message_is_the_root_cause(
    codes: list[int | None], words: list[tuple[int, str]], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        module._raise_failure(codes, words)


def test_processes_end_with_their_parent(tmp_path) -> None:
    """The parent is killed while its processes sleep."""
    code = f"import os, pathlib, time\npathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()\ntime.sleep(3600)"
    parent = os.fork()
    if not parent:
        launch(2, partial(exec, code), user_message)
        os._exit(0)
    deadline = time.monotonic() + 500
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
