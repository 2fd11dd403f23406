"""A function in several processes of this machine that find one another: started, watched, and ended together."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mitosis.errors import InputError, PeerLostError
from mitosis.files import scratch_folder
from mitosis.process.child import end_with_stdin
from mitosis.process.output import lasting_output, print_any_letter
from mitosis.process.rank import in_one_line, quiet

MISTAKE, FAULT, LOST = range(3)
"""Why a process failed, the most informative first: when one process fails, the others lose their peer."""

Message = Callable[[Exception], str | None]
"""Turns a user error into one line; returns None for a bug in the program."""


def launch(count: int, work: Callable[[], Any], message: Message) -> None:
    """Call ``work`` in ``count`` processes, connected through environment variables; if one fails, all are stopped.

    Raises:
        InputError: A process reported a user error or was killed.
        RuntimeError: A process failed with any other error; contains its traceback.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rendezvous = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count), "NODE_RANK": "0"}
    with scratch_folder("mitosis-") as folder:
        (folder / "work").write_bytes(pickle.dumps((work, message)))
        command, processes = [sys.executable, "-m", "mitosis.training.launch", str(folder)], []
        try:
            for rank in range(count):
                environment = os.environ | rendezvous | {"LOCAL_RANK": str(rank)}
                processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, env=environment))
            while not any(codes := [process.poll() for process in processes]):
                if None not in codes:
                    return
                time.sleep(0.1)
        except KeyboardInterrupt:
            for process in processes:
                process.send_signal(signal.SIGINT)
            for process in processes:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
            raise
        finally:
            for process in processes:
                process.kill()
                process.wait()
                if process.stdin:
                    process.stdin.close()
        reports = [json.loads(path.read_text()) for path in sorted(folder.glob("report-*"))]
    _raise_failure(codes, reports)


def _raise_failure(codes: list[int | None], reports: list[tuple[int, str]]) -> None:
    """Raise the error that explains the exit codes and reports of the processes."""
    failed = [code for code in codes if code]
    if killed := [code for code in failed if code < 0]:  # the others only report that they lost their peer
        how = signal.Signals(-killed[0]).name
        raise InputError(f"a process of this run died ({how}); the same command goes on from the last checkpoint")
    kind, text = min(reports, key=lambda report: report[0], default=(FAULT, f"it ended with exit code {failed[0]}"))
    if kind == FAULT:
        raise RuntimeError(f"in a process of this run: {text}")
    raise InputError(text)


def _rank(folder: Path) -> None:
    """Run one of the processes; reads its work from ``folder``, and writes a report there if it fails."""
    rank = int(os.environ["LOCAL_RANK"])
    end_with_stdin()
    warnings.formatwarning = in_one_line
    print_any_letter()
    work, message = pickle.loads((folder / "work").read_bytes())
    try:
        with quiet() if rank else lasting_output():
            work()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        line = message(error)
        kind = LOST if isinstance(error, PeerLostError) else MISTAKE if line else FAULT
        (folder / f"report-{rank:04}").write_text(json.dumps([kind, line or traceback.format_exc()]))
        sys.exit(1)


if __name__ == "__main__":
    _rank(Path(sys.argv[1]))
