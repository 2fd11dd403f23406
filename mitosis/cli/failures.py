"""The failed jobs of a sweep, whose other jobs all run: noted by each job's process, told at the end."""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from mitosis.files import scratch_folder

NOTED = "MITOSIS_FAILURES"
"""Environment variable with the file that the jobs of a sweep write to, also those in other processes."""
LAUNCHERS = ("BasicLauncher", "JoblibLauncher")
"""Launchers whose jobs share this machine."""


@contextmanager
def noted_failures() -> Generator[list[tuple[list[str], str]]]:
    """The overrides and the message of each job that failed meanwhile; filled at the end."""
    failures: list[tuple[list[str], str]] = []
    with scratch_folder("mitosis-") as folder:
        path = folder / "failures"
        os.environ[NOTED] = str(path)
        try:
            yield failures
        finally:
            del os.environ[NOTED]
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            failures += [(overrides, message) for overrides, message in map(json.loads, lines)]


def note_failure(overrides: Any, message: str) -> bool:
    """Note a failed job of a sweep; False if this is none, or if its sweeper handles failures itself."""
    job = HydraConfig.get()
    targets = [str(part["_target_"]).rpartition(".")[2] for part in (job.sweeper, job.launcher)]
    if job.mode != RunMode.MULTIRUN or targets[0] != "BasicSweeper" or targets[1] not in LAUNCHERS:
        return False
    if not (path := os.environ.get(NOTED)):
        return False
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps([overrides, message]) + "\n")
    return True
