"""One step of the pipeline: a command of this package in a process of its own."""

import importlib
import multiprocessing
import os
import signal
import sys

from mitosis.cli.entry import entry
from mitosis.process.child import end_with_parent

PRELOADED = ["albumentations", "mitosis.training.fit", "mitosis.cascade.proposal", "mitosis.cascade.evaluation"]
"""What takes seconds to import, lightning above all: imported once, and each step is forked from there."""


def run_step(name: str, overrides: list[str], conf: str | None = None) -> None:
    """Run ``python -m mitosis.<name>`` as a child that ends with this process; its failure ends this one with its code.

    ``conf``: the folder of the user's own yamls, if any.
    A step begins in the same state, whatever ran before it, and gives back all of its memory.
    """
    print(f"► {name} {' '.join(overrides)}", flush=True)
    context = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
    if sys.platform != "win32":
        context.set_forkserver_preload(PRELOADED)
    child = context.Process(target=_command, args=(name, [*(["--config-dir", conf] if conf else []), *overrides]))
    child.start()
    assert child.pid is not None
    try:
        child.join()
    except BaseException:
        os.kill(child.pid, signal.SIGINT)  # a step that Ctrl-C has reached as well takes no harm from a second one
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
