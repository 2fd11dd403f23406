"""Training on several devices of this machine: a process each, started here, watched, and ended together."""

import os
import signal
import socket
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from mitosis.errors import InputError, PeerLostError
from mitosis.mistake import told
from mitosis.rank import in_one_line, quiet
from mitosis.run import read_json

MISTAKE, FAULT, LOST = range(3)
"""What a process's last words are about, what is worth most first: the others fail because one did."""


def fit_on_devices(config: dict[str, Any], recipe: dict[str, Any], folder: Path, *further: Any) -> dict[str, Any]:
    """``fit``, in a process for each device that the trainer names; returns the metrics.

    Lightning would run the whole command line again for each further device, sweep and all, and leave no word when one
    of these processes dies. Under ``torchrun`` or ``srun`` this process is one of those needed already.
    """
    from mitosis.fit import fit
    from mitosis.trainer import processes_to_start

    count = processes_to_start(config["trainer"])
    if not count:
        return fit(config, recipe, folder, *further)
    together(count, fit, config, recipe, folder, *further)
    return read_json(folder / "metrics.json")


def together(count: int, work: Callable[..., Any], *arguments: Any) -> None:
    """Call ``work`` in ``count`` processes that find one another through the environment; none outlives another's end.

    Raises ``InputError`` for a mistake that one of them found, and when one was ended from outside; ``RuntimeError``
    with its traceback for any other error in one.
    """
    context = get_context("spawn")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count), "NODE_RANK": "0"}
    processes, readers = [], []
    try:
        for rank in range(count):
            reader, writer = context.Pipe(duplex=False)
            process = context.Process(target=_rank, args=(rank, place, writer, work, arguments))
            process.start()
            writer.close()
            processes.append(process)
            readers.append(reader)
        while (codes := [process.exitcode for process in processes]).count(0) + codes.count(None) == count:
            if None not in codes:
                return
            wait([process.sentinel for process, code in zip(processes, codes, strict=True) if code is None])
    except KeyboardInterrupt:
        for process in processes:
            if process.is_alive():
                os.kill(process.pid, signal.SIGINT)
        for process in processes:
            process.join(10)
        raise
    finally:
        for process in processes:
            process.kill()
            process.join()
    _explain(codes, [word for reader in readers if (word := _received(reader))])


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


def _received(reader: Connection) -> tuple[int, str] | None:
    try:
        return reader.recv() if reader.poll() else None
    except EOFError:
        return None


def _rank(rank: int, place: dict[str, str], words: Connection, work: Callable[..., Any], arguments: tuple) -> None:
    """One of the processes; its last words say what stopped it."""
    os.environ |= place | {"LOCAL_RANK": str(rank)}
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warnings.formatwarning = in_one_line
    try:
        with quiet() if rank else nullcontext():
            work(*arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except PeerLostError as error:
        words.send((LOST, str(error)))
        sys.exit(1)
    except Exception as error:
        line = told(error)
        words.send((MISTAKE, line) if line else (FAULT, traceback.format_exc()))
        sys.exit(1)


def _end_with_parent() -> None:
    """Also when the parent was killed: this process would wait in vain for its peers, or train on unseen."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)
