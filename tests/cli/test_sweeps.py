"""Sweeps: parallel jobs, jobs of a queue, and searches, run through the users' command line."""

import importlib.util
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mitosis.cli.messages import user_message
from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.run.name import Choices

Cli = Callable[..., Any]
Jobs = list[dict[str, Any]]

TINY = ["model=scmitosis_seg", "data=synthetic", "budget=smoke", "data.size=128", "data.samples_per_epoch=8"]
TINY += ["data.batch_size=4", "view.train.size=64", "view.train.jitter=16", "stain=none", "max_steps=4"]
TINY += ["trainer=exact"]
NARROW = "budget.widths=[4,4,8,8]"
SEARCH = ["data=synthetic", "budget=smoke", "fold=0", "experiment=search", "hydra.sweeper.trials=3"]

needs_optuna = pytest.mark.skipif(importlib.util.find_spec("optuna") is None, reason="optuna is not installed")


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """The configurations that training is called with; its score is highest at a learning rate of 1e-3."""
    seen: Jobs = []

    def train(config: dict[str, Any], choices: Choices) -> float:
        seen.append(config)
        return -abs(math.log10(config["optimizer"]["lr"]) + 3)

    monkeypatch.setattr("mitosis.train.train", train)
    monkeypatch.setattr(
        "mitosis.cli.entry.choices_of", lambda *_: Choices({}, "default", [])
    )  # slow, and not asked about here
    return seen


@needs_optuna
def test_a_search_passes_its_values_as_overrides(cli: Cli, jobs: Jobs, tmp_path: Path) -> None:
    ended = cli("train", *SEARCH)
    assert (ended.code, ended.err) == (0, "")
    rates = [config["optimizer"]["lr"] for config in jobs]
    assert len(set(rates)) == 3
    assert all(1e-5 <= rate <= 1e-2 for rate in rates)
    assert all(0.2 <= config["view"]["train"]["positives"] <= 0.8 for config in jobs)
    widths = ([16, 32, 64, 128], [32, 64, 128, 256], [64, 128, 256, 512])
    assert all(config["model"]["widths"] in widths for config in jobs)
    best = max(jobs, key=lambda config: -abs(math.log10(config["optimizer"]["lr"]) + 3))
    assert f"of 3 trials, with optimizer.lr={best['optimizer']['lr']} view.train.positives=" in ended.out
    again = cli("train", *SEARCH)
    assert again.out == ended.out
    assert len(jobs) == 3
    cli("train", *SEARCH[:-1], "hydra.sweeper.trials=4", "trainer=cpu")  # elsewhere, and more: the same search
    assert len(jobs) == 4
    assert len(list(tmp_path.glob("runs/.sweep/*/optuna.db"))) == 1


@needs_optuna
def test_an_override_takes_precedence(cli: Cli, jobs: Jobs) -> None:
    typed = ["optimizer.lr=1e-4", "view.train.positives=0.3,0.4", "seed=int(interval(3,5))", "hydra.sweeper.trials=1"]
    assert cli("train", *SEARCH, *typed).code == 0
    assert {config["optimizer"]["lr"] for config in jobs} == {1e-4}
    assert {config["view"]["train"]["positives"] for config in jobs} <= {0.3, 0.4}
    assert {config["seed"] for config in jobs} <= {3, 4, 5}
    cli("train", *SEARCH[:-1], *typed[:-1], "hydra.sweeper.trials=1", "max_steps=9")  # another search
    assert len(jobs) == 2


@needs_optuna
def test_a_search_survives_failing_trials(cli: Cli, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    from mitosis import train

    original, calls = train.train, iter(range(100))

    def lost(config: dict[str, Any], choices: Choices) -> float:
        value = original(config, choices)
        if (call := next(calls)) in (0, 2):
            raise InputError("the loss became nan")
        return math.nan if call == 3 else value

    monkeypatch.setattr("mitosis.train.train", lost)
    first = cli("train", *SEARCH)  # what stops the first trial would stop all
    assert (first.code, first.err, len(jobs)) == (1, "mitosis: the loss became nan\n", 1)
    ended = cli("train", *SEARCH)
    assert ended.code == 0
    assert ended.err == "mitosis: the loss became nan\n"
    assert len(jobs) == 4
    assert jobs[0]["optimizer"] == jobs[1]["optimizer"]
    assert f"of 3 trials, with optimizer.lr={jobs[1]['optimizer']['lr']} " in ended.out  # the others failed


@pytest.mark.slow
@needs_optuna
def test_an_interrupted_search_resumes(cli: Cli, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    from mitosis import train

    original = train.train

    def stopped(config: dict[str, Any], choices: Choices) -> float:
        value = original(config, choices)
        if len(jobs) == 2:
            raise KeyboardInterrupt
        return value

    monkeypatch.setattr("mitosis.train.train", stopped)
    assert cli("train", *SEARCH).code == 130
    monkeypatch.setattr("mitosis.train.train", original)
    assert cli("train", *SEARCH).code == 0
    assert jobs[2] == jobs[1]
    assert len(jobs) == 4
    whole = [*jobs[:1], *jobs[2:]]
    del jobs[:]
    assert cli("train", *SEARCH, "runs=whole").code == 0
    assert [config | {"runs": "runs"} for config in jobs] == whole


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense=interval(0,1)"], "nonsense: there is no such key"),
        (["model=resnet34"], "model.widths: there is no such key"),
    ],
)
@needs_optuna
def test_a_user_error_in_a_search_is_reported(cli: Cli, jobs: Jobs, arguments: list[str], said: str) -> None:
    ended = cli("train", *SEARCH, *arguments)
    assert ended.code == 1
    assert re.fullmatch(rf"mitosis: {said}[^\n]*\n", ended.err)
    assert not jobs


@needs_optuna
def test_a_search_refuses_to_run_distributed(cli: Cli, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr("mitosis.cli.entry.PATIENCE", 0)
    assert "call it without torchrun" in cli("train", *SEARCH).err
    assert not jobs


def errors() -> list[tuple[Exception, str | None]]:
    from joblib.externals.loky.process_executor import TerminatedWorkerError
    from submitit.core.utils import UncompletedJobError

    told = "Job 7 (task: 0) has not produced any output\nError stream produced:\n---\nmitosis: said\nmitosis: row 7\n"
    return [
        (UncompletedJobError(told), "row 7"),
        (
            UncompletedJobError("Job 7 was killed\nits log is x"),
            "a job of the sweep failed: Job 7 was killed\nits log is x",
        ),
        (TerminatedWorkerError("a worker was killed\nby the OS"), "a job of the sweep died (TerminatedWorkerError)"),
        (
            RuntimeError('Could not detect "srun", are you indeed on a slurm cluster?'),
            "hydra/launcher: there is no SLURM",
        ),
        (RuntimeError("Unknown plugin class : 'hydra_plugins.x.Y'"), "hydra_plugins.x.Y is not installed"),
        (RuntimeError("anything else"), None),
    ]


@pytest.mark.parametrize(("error", "said"), errors(), ids=lambda value: type(value).__name__)
def test_a_launchers_error_is_one_line(error: Exception, said: str | None) -> None:
    assert (user_message(error) or "").startswith(said or "")
    assert (user_message(error) is None) == (said is None)


def runs_of(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in (folder / "runs").rglob("metrics.json"))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mitosis.train", *TINY, *arguments]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(command(*arguments), cwd=folder, capture_output=True, text=True, timeout=1500)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_jobs_run_in_their_own_processes(tmp_path: Path, launcher: str) -> None:
    side_by_side = [f"hydra/launcher={launcher}", *(["hydra.launcher.n_jobs=2"] if launcher == "joblib" else [])]
    done = run(tmp_path, NARROW, "data.workers=1", "--multirun", "fold=0,1", *side_by_side)
    assert (done.returncode, done.stderr) == (0, "")
    assert runs_of(tmp_path) == ["fold-0", "fold-1"]
    assert read_json(next(tmp_path.rglob("metrics.json")))["steps"] == 4
    failed = run(tmp_path, NARROW, "--multirun", "fold=0,7", *side_by_side)
    assert failed.returncode == 1
    assert failed.stderr.startswith("mitosis: ")
    assert failed.stderr.endswith("fold=7: there is no such fold; choose 0, 1, 2, 3, 4, official, all\n")
    assert failed.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.timeout(1800)
@needs_optuna
def test_a_killed_search_resumes(tmp_path: Path) -> None:
    search = ["experiment=search", "model.widths=[4,4,8,8],[4,4,8,16]", "hydra.sweeper.trials=3", "fold=0"]
    killed = subprocess.Popen(command(*search, "max_steps=40"), cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not list(tmp_path.rglob("last.ckpt")):
        assert killed.poll() is None
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    assert killed.wait(600) == -signal.SIGKILL
    assert runs_of(tmp_path) == []
    done = run(tmp_path, *search, "max_steps=40", "hydra.sweeper.batch=2", "hydra/launcher=joblib")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(runs_of(tmp_path)) == 3 == len(list((tmp_path / "runs").rglob("recipe.yaml")))
    assert re.search(r"best val AP 0\.\d{4} of 3 trials, with optimizer.lr=", done.stdout)
