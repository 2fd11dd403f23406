"""Faults around a run: files, disks, processes, Ctrl-C. Each is reported in one line, and nothing is lost."""

import contextlib
import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import TINY

from mitosis.data.cache.store import FieldStore
from mitosis.data.drawing.field import draw_field
from mitosis.data.icpr2012 import ICPR2012
from mitosis.data.view.tiles import TileView
from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.run.checkpoint import read, write
from mitosis.stage.base import Stage
from mitosis.stain.none import NoStain

Cli = Callable[..., Any]

# An epoch has 2 steps; 4 fields to train on, 1 of val.
SHORT = [*TINY, "fold=all", "data.samples_per_epoch=8", "max_steps=4", "trainer=exact"]
DRAWN = [*SHORT, "data=synthetic", "data.cases=5", "data.fields_per_case=1", "data.size=96"]


def line_of(ended: Any) -> str:
    """The error line of a command that failed with a user error."""
    assert ended.code == 1, ended
    assert re.fullmatch(r"mitosis: [^\n]+\n", ended.err)
    return ended.err.strip()


def steps_kept(folder: Path) -> int:
    (path,) = folder.rglob("last.ckpt")
    assert not list(folder.rglob(".*.part"))
    return read(path)["global_step"]


def at_step(patch: pytest.MonkeyPatch, step: int, happens: Callable[[], Any]) -> None:
    """Run an action before the training step that follows ``step`` completed ones."""
    original = Stage.training_step

    def training_step(self: Stage, batch: dict, batch_idx: int) -> Any:
        if self.global_step == step:
            happens()
        return original(self, batch, batch_idx)

    patch.setattr(Stage, "training_step", training_step)


# Files of the dataset


@pytest.fixture
def contest(tmp_path: Path) -> Path:
    """Five synthetic fields of two slides, in the contest's folder layout."""
    root = tmp_path / "contest"
    for number, name in enumerate(("A00_01", "A00_02", "A00_03", "A01_00", "A01_01")):
        drawn = draw_field(seed=0, case=number, index=0, size=96)
        folder = root / f"{name[:3]}_v2"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn.image).save(folder / f"{name}.bmp")
        rows = [",".join(map(str, np.asarray(figure.pixels).ravel())) for figure in drawn.figures]
        (folder / f"{name}.csv").write_text("\n".join(rows))
    return root


def test_a_truncated_field_is_named_before_training(cli: Cli, contest: Path) -> None:
    field = contest / "A01_v2" / "A01_00.bmp"
    field.write_bytes(field.read_bytes()[:5000])
    said = line_of(cli("train", *SHORT, "data=icpr2012", f"data.root={contest}"))
    assert str(field) in said
    assert "cut off" in said
    assert not list(contest.parent.rglob("*.ckpt"))


def test_a_dataset_that_disappears_before_reading_is_named(contest: Path) -> None:
    data = ICPR2012(str(contest), fold="all", store=FieldStore(NoStain()), samples_per_epoch=1, batch_size=1)
    assert len(data.parts.train) == 4
    shutil.rmtree(contest)
    with pytest.raises(InputError, match=r"contest/A00_v2/A00_02\.bmp: no such image file"):
        data.store.fields(data.parts.train)


def test_a_dataset_that_disappears_during_a_run_is_in_memory(
    cli: Cli, contest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_step(monkeypatch, 0, lambda: shutil.rmtree(contest))  # val, too, is looked at later
    ended = cli("train", *SHORT, "data=icpr2012", f"data.root={contest}", "max_steps=2")
    assert ended.code == 0
    assert not contest.exists()
    assert steps_kept(contest.parent / "runs") == 2


# Folders that may not be written


@contextlib.contextmanager
def mortal() -> Iterator[None]:
    """Without root's right to write where permissions forbid it (Linux's capabilities of this thread; man 2 capset)."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    effective = sets[0]
    sets[0] = effective & ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, sets) == 0
    try:
        yield
    finally:
        sets[0] = effective
        assert libc.capset(header, sets) == 0


linux = pytest.mark.skipif(sys.platform != "linux", reason="root may write everywhere")


@linux
def test_a_read_only_folder_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs").chmod(0o555)
    with mortal():
        assert line_of(cli("train", *DRAWN)) == "mitosis: runs/synthetic: Permission denied"
    assert not list((tmp_path / "runs").iterdir())


@linux
def test_a_folder_that_becomes_read_only_keeps_its_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    write({"step": 1}, path)
    tmp_path.chmod(0o555)
    with mortal(), pytest.raises(PermissionError, match=r"last\.ckpt'$"):
        write({"step": 2}, path)
    tmp_path.chmod(0o755)
    assert read(path) == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]


# A configuration file of the user's own


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("_target_: x\n  alpha: 0.3\n", r"loss/mine\.yaml, line 2: not readable as yaml \(mapping values are not"),
        ("defaults: bce_tversky\n", "Invalid defaults list in 'loss/mine', defaults must be a list"),
        ("defaults:\n  - bce_tverski\n", r"In 'loss/mine': Could not load 'loss/bce_tverski'\.$"),
        ("# @package _global_\nmax_stpes: 3\n", r"max_stpes: there is no such key; did you mean max_steps=…\?"),
    ],
)
def test_an_error_in_a_configuration_file_is_reported(cli: Cli, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "conf" / "loss").mkdir(parents=True)
    (tmp_path / "conf" / "loss" / "mine.yaml").write_text(text)
    assert re.search(said, line_of(cli("train", *DRAWN, "--config-dir", "conf", "loss=mine")))
    assert not list(tmp_path.rglob("recipe.yaml"))


# Checkpoints from elsewhere


class Trap:
    """Creates a folder when it is unpickled unsafely."""

    def __reduce__(self) -> tuple:
        return (os.mkdir, ("was-run",))


def test_no_command_executes_code_in_a_checkpoint(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "given.ckpt"
    torch.save({"state_dict": Trap()}, path)
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    for command, *arguments in (
        ("predict", "input=a.png", "output=out", "mpp=0.25", f"segmenter={path}"),
        ("train", *DRAWN, f"init={path}"),
    ):
        assert "given.ckpt: it holds code (posix.mkdir), which is never run" in line_of(cli(command, *arguments))
    assert not (tmp_path / "was-run").exists()


# Processes that are killed


def test_a_killed_worker_is_reported_and_the_last_epoch_kept(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, seen = TileView.__getitem__, []

    def get(self: TileView, index: Any) -> Any:
        seen.append(index)
        if len(seen) > 8:  # the second epoch; this is the worker's own list
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, index)

    parent = os.getpid()
    monkeypatch.setattr(TileView, "__getitem__", get)
    said = line_of(cli("train", *DRAWN, "data.workers=1"))
    assert "a process that loads data was killed" in said
    assert "memory" in said
    assert "data.workers" in said
    assert "data.batch_size" in said
    assert (os.getpid(), seen) == (parent, [])
    assert steps_kept(tmp_path / "runs") == 2


@pytest.fixture
def handler() -> Iterator[None]:
    """Ctrl-C as on a terminal, and then as it was: Lightning ignores further ones, a shell's background jobs all."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_prints_the_command_to_resume(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handler: None
) -> None:
    typed = [*DRAWN, "runs=my runs"]
    with monkeypatch.context() as patch:
        at_step(patch, 3, lambda: signal.raise_signal(signal.SIGINT))
        ended = cli("train", *typed)
    assert ended.code == 130
    said = ended.err.splitlines()[-1]
    assert said.startswith("mitosis: interrupted; to go on, type: python -m mitosis.train model=scmitosis_seg ")
    assert said.endswith(" 'runs=my runs'")
    assert steps_kept(tmp_path / "my runs") == 2
    _, _, _, *arguments = shlex.split(said.partition("type: ")[2])
    assert arguments == typed


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ctrl_c_on_a_real_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mitosis.train", *DRAWN, "max_steps=4000", "data.workers=1", "logger=wandb"]
    own = {"OMP_NUM_THREADS": "1", "WANDB_MODE": "offline"}
    heeded = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job would ignore it
    with (tmp_path / "log").open("w") as out:
        how: dict[str, Any] = {"stdout": out, "stderr": subprocess.STDOUT, "start_new_session": True}
        process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | own, preexec_fn=heeded, **how)
    while not list(tmp_path.rglob("last.ckpt")):
        assert process.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the workers too
    assert process.wait(900) == 130, (tmp_path / "log").read_text()
    last = (tmp_path / "log").read_text().splitlines()[-1]
    *_, typed = last.partition("to go on, type: ")
    assert shlex.split(typed) == ["python", *command[1:]]
    kept = steps_kept(tmp_path / "runs")
    assert kept % 2 == 0
    assert kept >= 2
    again = [sys.executable, *shlex.split(typed)[1:], f"max_steps={kept + 2}"]
    assert subprocess.run(again, cwd=tmp_path, check=False, env=os.environ | own, capture_output=True).returncode == 0
    (metrics,) = tmp_path.rglob("metrics.json")
    assert read_json(metrics)["steps"] == kept + 2
