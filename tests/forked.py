"""Commands and scripts as a user types them, each in a process of its own that has imported the libraries already."""

import multiprocessing
import os
import runpy
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PRELOADED = ("torch", "lightning.pytorch", "albumentations", "timm", "hydra", "scipy.stats", "skimage.measure")


class Done(NamedTuple):
    """The result of a command: exit code, and stdout and stderr together."""

    code: int
    out: str


def run(words: Sequence[str], cwd: Path) -> Done:
    """Run ``python WORDS``, where WORDS begins with ``-m MODULE`` or the path of a script, in the folder ``cwd``.

    The imports of the libraries take longer than most of the commands. A server imports them once, and each command
    is a fork of it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    log = cwd / "forked.log"
    process = context.Process(target=_child, args=(list(words), cwd, log))
    process.start()
    process.join()
    assert process.exitcode is not None
    return Done(process.exitcode, log.read_text(encoding="utf-8", errors="replace"))


def _child(words: list[str], cwd: Path, log: Path) -> None:
    os.chdir(cwd)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        if words[0] == "-m":
            sys.argv = words[1:]
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            sys.path.insert(0, str(Path(words[0]).parent))
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
    finally:
        if loky := sys.modules.get("joblib.externals.loky"):  # a fork would wait for its idle workers, for 5 minutes
            loky.get_reusable_executor().shutdown(kill_workers=True)
