"""Which process of a distributed run this one is, who of them speaks, and how."""

import contextlib
import os
import warnings
from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any

RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
"""Environment variables that number the processes of one distributed run."""


def is_rank_zero(trainer: Mapping[str, Any] = MappingProxyType({})) -> bool:
    """Whether this process speaks and writes for its run: of a distributed run's processes, the first one does.

    ``trainer``: its settings. A run on one device is nobody's part, whatever number its process has: ``srun`` may as
    well start several runs.
    """
    alone = trainer.get("devices") == 1 and trainer.get("num_nodes", 1) == 1
    return alone or all(os.environ.get(name, "0") == "0" for name in RANKS)


@contextlib.contextmanager
def quiet() -> Generator[None]:
    """No prints and no warnings: those of a run's further processes would only repeat the first one's."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def in_one_line(message: Warning | str, *_: Any, **__: Any) -> str:
    """A warning as this package prints it."""
    return f"mitosis: {message}\n"
