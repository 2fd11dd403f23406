"""Training on several devices of this machine: a process each, started here, watched, and ended together."""

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
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mitosis.errors import InputError, PeerLostError
from mitosis.files import read_json
from mitosis.process.child import end_with_stdin
from mitosis.process.rank import in_one_line, quiet
from mitosis.run.assembly import Assembled
from mitosis.run.run import Run
from mitosis.run.settings import TrainingSettings
from mitosis.training.fit import fit
from mitosis.training.trainer import processes_to_start

MISTAKE, FAULT, LOST = range(3)
"""What a process's last words are about, what is worth most first: the others fail because one did."""

Message = Callable[[Exception], str | None]
"""A user's mistake as one line; None for a fault of the program's own."""


def fit_on_devices(
    run: Run, settings: TrainingSettings, assemble: Callable[[], Assembled], message: Message
) -> dict[str, Any]:
    """``fit``, in a process for each device that the trainer names; returns the metrics.

    Lightning would run the whole command line again for each further device, sweep and all, and leave no word when one
    of these processes dies. Under ``torchrun`` or ``srun`` this process is one of those needed already.
    """
    count = processes_to_start(settings.trainer)
    if not count:
        return fit(run, settings, assemble)
    launch(count, partial(fit, run, settings, assemble), message)
    return read_json(run.folder / "metrics.json")


def launch(count: int, work: Callable[[], Any], message: Message) -> None:
    """Call ``work`` in ``count`` processes that find one another through the environment; none outlives another's end.

    Raises ``InputError`` for a mistake that one of them found, and when one was ended from outside; ``RuntimeError``
    with its traceback for any other error in one.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count), "NODE_RANK": "0"}
    with TemporaryDirectory(prefix="mitosis-") as folder:
        Path(folder, "work").write_bytes(pickle.dumps((work, message)))
        command, processes = [sys.executable, "-m", "mitosis.training.devices", folder], []
        try:
            for rank in range(count):
                environment = os.environ | place | {"LOCAL_RANK": str(rank)}
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
        words = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("word-*"))]
    _explain(codes, words)


def _explain(codes: list[int | None], words: list[tuple[int, str]]) -> None:
    """Raise what the ended processes' exit codes and last words say."""
    ended = [code for code in codes if code]
    if killed := [code for code in ended if code < 0]:  # what the others say then is only that they lost it
        how = signal.Signals(-killed[0]).name
        raise InputError(f"a process of this run died ({how}); the same command goes on from the last checkpoint")
    kind, word = min(words, key=lambda word: word[0], default=(FAULT, f"it ended with exit code {ended[0]}"))
    if kind == FAULT:
        raise RuntimeError(f"in a process of this run: {word}")
    raise InputError(word)


def _rank(folder: Path) -> None:
    """One of the processes; what stopped it stands in a file of ``folder`` where its work does."""
    rank = int(os.environ["LOCAL_RANK"])
    end_with_stdin()
    warnings.formatwarning = in_one_line
    work, message = pickle.loads((folder / "work").read_bytes())
    try:
        with quiet() if rank else nullcontext():
            work()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        line = message(error)
        kind = LOST if isinstance(error, PeerLostError) else MISTAKE if line else FAULT
        (folder / f"word-{rank:04}").write_text(json.dumps([kind, line or traceback.format_exc()]))
        sys.exit(1)


if __name__ == "__main__":
    _rank(Path(sys.argv[1]))
