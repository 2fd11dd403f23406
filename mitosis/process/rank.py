"""The rank of this process in a distributed run, and which ranks print."""

import contextlib
import os
import warnings
from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any

RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
"""Environment variables with the number of a process in a distributed run."""


def is_rank_zero(trainer: Mapping[str, Any] = MappingProxyType({})) -> bool:
    """Whether this process prints and writes for its run: in a distributed run, only the first process does.

    ``trainer`` contains the trainer's settings. A run on one device is never part of a distributed one, even if its
    process has another rank, because ``srun`` may also start several independent runs.
    """
    alone = trainer.get("devices") == 1 and trainer.get("num_nodes", 1) == 1
    return alone or all(os.environ.get(name, "0") == "0" for name in RANKS)


@contextlib.contextmanager
def quiet() -> Generator[None]:
    """Suppress prints and warnings: those of the other ranks would only repeat those of rank zero."""
    with open(os.devnull, "w") as null, contextlib.redirect_stdout(null), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def in_one_line(message: Warning | str, *_: Any, **__: Any) -> str:
    """Format a warning as one line, as this package prints them."""
    return f"mitosis: {' '.join(str(message).split())}\n"
