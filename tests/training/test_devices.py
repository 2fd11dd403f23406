"""Several devices: processes end together, and runs give the same result as on one device."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import lightning as L
import pytest
from tiny import TINY, only_run

from mitosis.cli.compose import compose
from mitosis.files import read_json
from mitosis.run.assembly import build_data, build_stage
from mitosis.run.checkpoint import read
from mitosis.run.name import run_folder

QUICK = [
    *TINY,
    "data=synthetic",
    "data.size=128",
    "model.encoder=conv",
    "view.train.positives=0.9",
    "optimizer.lr=0.03",
]
# Epochs of 12 steps for two processes; after 4 of them the network finds something. Val has 3 fields.
LEARNS = [*QUICK, "data.limit=null", "fold=all", "data.cases=11", "data.fields_per_case=1", "data.samples_per_epoch=96"]
SHORT = [*QUICK, "data.samples_per_epoch=16"]  # 2 steps an epoch
TWO = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "trainer.precision=32-true"]


def rows_of(run: Path) -> list[list[str]]:
    return [row.split(",")[:2] for row in (run / "metrics.csv").read_text().splitlines()[1:]]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_devices_score_like_one(tmp_path: Path, cli: Callable, capfd: pytest.CaptureFixture) -> None:
    ended = cli("train", *LEARNS, *TWO, "max_steps=48")
    assert (ended.code, ended.err) == (0, "")
    said = capfd.readouterr().out
    assert said.count("epoch 3  step 48") == said.count("48 steps, best val AP") == 1
    config, choices = compose("train", [*LEARNS, "trainer=exact"])
    run = only_run(tmp_path / "runs")
    assert run == tmp_path / run_folder(config, choices)
    assert rows_of(run) == [["0", "12"], ["1", "24"], ["2", "36"], ["3", "48"]]
    files = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert files == {
        *(".lock", "recipe.yaml", "local.yaml", "metrics.json", "metrics.csv", "panel.png"),
        *("checkpoints/best.ckpt", "checkpoints/last.ckpt"),
    }
    told = read_json(run / "metrics.json")
    assert told["steps"] == 48
    assert told["hardware"].startswith("2 × CPU")

    data = build_data(config)
    stage = build_stage(config)
    stage.load_state_dict(read(run / "checkpoints" / "best.ckpt")["state_dict"])
    alone = L.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, default_root_dir=tmp_path)
    alone.validate(stage, datamodule=data, verbose=False)
    scores = {name.removeprefix("val/"): float(value) for name, value in alone.callback_metrics.items()}
    assert scores["ap"] > 0
    assert scores["pixel_f1"] > 0
    assert told["val"] == pytest.approx(scores, rel=1e-5)

    for trainer, steps, rows in ((["trainer=exact"], 72, 5), (TWO, 84, 6)):  # 24 more on one, 12 more on two
        ended = cli("train", *LEARNS, *trainer, f"max_steps={steps}")
        assert (ended.code, ended.err) == (0, "")
        assert only_run(tmp_path / "runs") == run
        assert read_json(run / "metrics.json")["steps"] == steps
        assert len(rows_of(run)) == rows
    assert rows_of(run)[-2:] == [["4", "72"], ["5", "84"]]


def started(*command: str, cwd: Path, **environment: str) -> subprocess.Popen:
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command], cwd=cwd, env=os.environ | {"OMP_NUM_THREADS": "1"} | environment, **out)


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; with a timeout, so that a hang is a failure."""
    try:
        out, err = process.communicate(timeout=1500)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def finished_runs(folder: Path) -> list[tuple[str, int]]:
    found = [(path.parent.name, read_json(path)["steps"]) for path in (folder / "runs").rglob("metrics.json")]
    return sorted(found)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_sweeps_of_two_processes(tmp_path: Path, cli: Callable) -> None:
    said = cli("train", *SHORT, *TWO, "--multirun", "fold=0,1", "max_steps=4")
    assert (said.code, said.err) == (0, "")
    assert finished_runs(tmp_path) == [("fold-0", 4), ("fold-1", 4)]
    torchrun = [str(Path(sys.executable).parent / "torchrun"), "--nproc-per-node", "2", "-m", "mitosis.train"]
    sweep = ["--multirun", "max_steps=6,4", "fold=0,2"]  # the second job of each fold has nothing to do
    code, out, err = ended(started(*torchrun, *SHORT, *TWO, *sweep, cwd=tmp_path))
    assert code == 0, err
    assert finished_runs(tmp_path) == [("fold-0", 6), ("fold-1", 4), ("fold-2", 6)]
    assert out.count("6 steps, best val AP") == out.count("is finished (6 steps)") == 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_tasks_of_a_cluster(tmp_path: Path) -> None:
    """Processes as started by srun on two machines, simulated on one."""
    slurm = {"JOB_ID": "4242", "JOB_NAME": "x", "NTASKS": "2", "NTASKS_PER_NODE": "1", "NNODES": "2", "LOCALID": "0"}
    slurm = {f"SLURM_{name}": value for name, value in slurm.items()} | {"SLURM_NODELIST": "127.0.0.1"}
    command = [
        sys.executable,
        "-m",
        "mitosis.train",
        *SHORT,
        "fold=0",
        "trainer=slurm",
        "trainer.accelerator=cpu",
        "trainer.precision=32-true",
        "max_steps=4",
    ]
    tasks = [
        started(*command, cwd=tmp_path, **slurm, SLURM_PROCID=number, SLURM_NODEID=number) for number in ("0", "1")
    ]
    (first, said, _), (second, nothing, _) = map(ended, tasks)
    assert (first, second, nothing) == (0, 0, "")
    assert said.count("epoch 1  step 4") == 1
    assert finished_runs(tmp_path) == [("fold-0", 4)]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_resumes_after_a_process_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mitosis.train", *SHORT, *TWO, "fold=0", "max_steps=80", "runs=runs"]
    running = started(*command, cwd=tmp_path)
    while not list(tmp_path.rglob("last.ckpt")):
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    os.kill(further_rank(running.pid), signal.SIGKILL)
    code, _, err = ended(running)
    assert code == 1
    assert re.fullmatch(r"mitosis: a process of this run died \(SIGKILL\); the same command goes on[^\n]*\n", err)
    assert finished_runs(tmp_path) == []
    before = len(rows_of(only_run(tmp_path)))
    code, out, err = ended(started(*command, cwd=tmp_path))
    assert (code, err) == (0, "")
    assert finished_runs(tmp_path) == [("fold-0", 80)]
    assert 0 < before < 40
    assert "epoch 0 " not in out
    assert rows_of(only_run(tmp_path)) == [[str(epoch), str(2 * epoch + 2)] for epoch in range(40)]


def further_rank(parent: int) -> int:
    """The process of ``parent`` that is the run's second."""
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            child = int((path / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            if child and b"\0LOCAL_RANK=1\0" in (path / "environ").read_bytes():
                return int(path.name)
    raise AssertionError("there is no second process")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_user_error_is_reported_once(tmp_path: Path, cli: Callable, capfd: pytest.CaptureFixture) -> None:
    said = cli("train", *SHORT, *TWO, "fold=7")
    assert said.code == 1
    assert capfd.readouterr() == ("", "")
    assert said.err == "mitosis: fold=7: there is no such fold; choose 0, 1, 2, 3, 4, official, all\n"
    torchrun = [str(Path(sys.executable).parent / "torchrun"), "--nproc-per-node", "2", "-m", "mitosis.train"]
    code, _, err = ended(started(*torchrun, *SHORT, *TWO, "fold=7", cwd=tmp_path))
    assert code == 1
    assert re.findall("^mitosis: .*", err, re.MULTILINE) == [said.err.strip()]
