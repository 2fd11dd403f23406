"""One step of the pipeline: a command of this package in its own process."""

import importlib
import os
import signal
import sys

from mitosis.cli.entry import entry
from mitosis.process.child import end_with_parent
from mitosis.process.fresh import fresh_processes

PRELOADED = ["albumentations", "mitosis.training.fit", "mitosis.cascade.proposal", "mitosis.cascade.evaluation"]
"""Modules that take seconds to import, mainly because of Lightning. They are imported once, in the fork server."""


def run_step(name: str, overrides: list[str], conf: str | None = None) -> None:
    """Run ``python -m mitosis.<name>`` in a child process; if it fails, exit with its exit code.

    In its own process, a step starts from a clean state and returns all of its memory. The child also ends if this
    process ends.

    Args:
        name: The command.
        overrides: Its overrides.
        conf: Folder with the user's own yamls, if any.
    """
    print(f"► {name} {' '.join(overrides)}", flush=True)
    context = fresh_processes()
    if sys.platform != "win32":
        context.set_forkserver_preload(PRELOADED)
    child = context.Process(target=_command, args=(name, [*(["--config-dir", conf] if conf else []), *overrides]))
    child.start()
    assert child.pid is not None
    try:
        child.join()
    except BaseException:
        os.kill(child.pid, signal.SIGINT)  # harmless if Ctrl-C has already reached the child
        child.join()
        raise
    if code := child.exitcode:
        print(
            f"mitosis: the step {name} ended with exit code {code}; the same command goes on from there",
            file=sys.stderr,
        )
        sys.exit(code if code > 0 else 128 - code)


def _command(name: str, arguments: list[str]) -> None:
    end_with_parent()
    sys.argv = [f"mitosis/{name}.py", *arguments]
    entry(name, getattr(importlib.import_module(f"mitosis.{name}"), name))
