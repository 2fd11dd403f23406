"""The whole pipeline: the order of its steps, cross-fitting, and resuming after three kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mitosis import pipeline
from mitosis.cli.compose import compose
from mitosis.cli.plan import plan_of
from mitosis.data.view.candidate_table import read_candidates
from mitosis.errors import InputError
from mitosis.evaluate import evaluate
from mitosis.files import read_json
from mitosis.propose import propose
from mitosis.run.checkpoint import read
from mitosis.run.folder import locked
from mitosis.train import train

Cli = Callable[..., Any]

TINY = ["data=synthetic", "budget=smoke", "fold=0", "data.size=128", "stain=none", "trainer=exact", "optimizer.lr=0.01"]
SEGMENTER = "segmenter.set=[budget.widths=[4,4,8,8],view.train.size=64,view.train.jitter=16]"
CLASSIFIER = "classifier.set=[model.name=test_resnet,crop.pixels=32]"
COMMAND = [*TINY, "classifier.model=resnet18", SEGMENTER, CLASSIFIER]
STEPS = {"train": train, "propose": propose, "evaluate": evaluate}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that the pipeline takes, which are taken in this process."""
    taken: list[str] = []

    def step(name: str, overrides: list[str], conf: str | None) -> None:
        taken.append(name)
        STEPS[name](*compose(name, overrides))

    monkeypatch.setattr(pipeline, "run_step", step)
    return taken


def runs_of(folder: Path) -> dict[str, Path]:
    """A pipeline's run folders: first, second and whole segmenter, and the classifier."""
    found = {}
    for path in sorted(recipe.parent for recipe in folder.rglob("recipe.yaml")):
        half = "half-" in path.parent.name and path.parent.name.split("half-")[1][0]
        found["classifier" if path.parent.name.startswith("on-") else half or "whole"] = path
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:no false candidate in the")  # two steps propose little
def test_crossfit_uses_candidates_from_unseen_fields(cli: Cli, tmp_path: Path, steps: list[str]) -> None:
    small = ["data.samples_per_epoch=16", "max_steps=2", "runs=runs"]
    ended = cli("pipeline", *COMMAND, *small)
    assert ended.code == 0, ended
    assert steps == ["train", "propose"] * 3 + ["train", "evaluate"]
    assert "crossfit=2" in ended.out
    runs = runs_of(tmp_path / "runs")
    assert runs.keys() == {"0", "1", "whole", "classifier"}
    seen = {name: {row.seen for row in read_candidates(runs[name] / "candidates.csv")} for name in ("0", "1", "whole")}
    fields = {name: {row.field for row in read_candidates(runs[name] / "candidates.csv")} for name in ("0", "1")}
    assert seen["0"] <= {"unseen"}
    assert seen["1"] <= {"unseen"}
    assert not fields["0"] & fields["1"]
    recipe = read(runs["classifier"] / "checkpoints" / "best.ckpt")["recipe"]
    assert recipe["crossfit"] == 2
    assert len(recipe["segmenters"]) == 3
    result = read_json(runs["classifier"] / "evaluation.json")
    assert [stage["stage"] for stage in result["stages"]] == ["stage one alone", "both stages"]
    assert result["fields"] == 2
    assert result["stages"][0]["truths"] == result["stages"][1]["truths"] > 0

    again = cli("pipeline", *COMMAND, *small)
    assert again.code == 0
    assert again.out.count("nothing to do") == 8
    assert len(steps) == 16


def test_stage_one_alone(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[str, list[str]]] = []

    def step(name: str, overrides: list[str], conf: str | None) -> None:
        taken.append((name, overrides))
        if name == "evaluate":
            run = Path(overrides[0].removeprefix("segmenter="))
            run.mkdir(parents=True)
            (run / "evaluation.json").write_text('{"stages": [{"f1": 0.25}]}')

    monkeypatch.setattr(pipeline, "run_step", step)
    ended = cli("pipeline", *TINY, SEGMENTER, "classifier.model=null", "runs=runs", "data.cache=a, b")
    assert ended.code == 0, ended
    assert all(any(text.startswith("data.cache=") and "a, b" in text for text in given) for _, given in taken)
    assert [name for name, _ in taken] == ["train", "propose", "evaluate"]
    (train, propose, evaluate) = (overrides for _, overrides in taken)
    assert "model=scmitosis_seg" in train
    assert not any(text.startswith("+half=") for text in train)
    assert propose == evaluate
    assert propose[0].removeprefix("segmenter=") in ended.out


def test_an_ablation_is_of_stage_one() -> None:
    plan = plan_of(*compose("pipeline", [*TINY, "ablation=dsc_cbam", "experiment=table4", "data=synthetic"]))
    assert [name for name, _ in plan.steps] == ["train", "propose", "train", "evaluate"]
    first, second = (overrides for name, overrides in plan.steps if name == "train")
    assert "ablation=dsc_cbam" in first
    assert not any(text.startswith(("ablation", "experiment")) for text in second)
    assert "experiment=table4" not in first


def test_other_datasets_are_tested_on_after_its_own() -> None:
    others = "others=['gzmh=a, b',tupac16=DIR,tupac16.labels=alternative,synthetic.cases=3]"
    more = ["data.cache=CACHE", "data.root=OWN", others]
    plan = plan_of(*compose("pipeline", ["data=icpr2012", "budget=smoke", "fold=0", "classifier.model=null", *more]))
    tests = [overrides[1:] for name, overrides in plan.steps if name == "evaluate"]
    assert set(tests[0]) == {"data.root='OWN'", "data.cache='CACHE'"}
    shared = ["budget=smoke", "data.cache='CACHE'"]
    assert tests[1:] == [
        ["data=gzmh", *shared, "data.root=a, b"],
        ["data=tupac16", *shared, "data.root=DIR", "data.labels=alternative"],
        ["data=synthetic", *shared, "data.cases=3"],
    ]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("crossfit=3", "crossfit"),
        ("others=[gzmh]", "others: gzmh: type WORD=DIR, a dataset and its folder"),
        ("others=[nowhere=DIR]", "nowhere"),
        ("others=[gzmh.labels=x]", "labels"),
        ("segmenter.model=resnet34", "segmenter.model"),
        ("classifier.set=[stain=macenko]", "the segmenter has stain=none, the classifier stain=macenko; type stain="),
        ("classifier.model=scmitosis_seg", "classifier.model"),
        ("classifier.set=[model.weights=nowhere.pt,model.pretrained=true]", "nowhere.pt"),
    ],
)
def test_user_errors_are_reported_before_any_step(cli: Cli, steps: list[str], override: str, said: str) -> None:
    ended = cli("pipeline", *TINY, override)
    assert ended.code == 1
    assert not steps
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_a_failed_step_ends_the_pipeline_with_its_exit_code() -> None:
    call = "from mitosis.cli.step import run_step; run_step('evaluate', ['segmenter=nowhere'])"
    ended = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    said = "mitosis: the step evaluate ended with exit code 1; the same command goes on from there"
    assert ended.stderr.splitlines() == ["mitosis: segmenter=nowhere: no such folder", said]


BRAKE = """
import itertools, os, sys, time
from pathlib import Path

class Brake:
    \"\"\"No stain and no augmentation, and where the environment says so, no return.\"\"\"

    def __init__(self, **ignored):
        self.calls = itertools.count(1)

    def __call__(self, image, name_or_mask, seed=None):
        word, call = os.environ.get("BRAKE", "nowhere 0").split()
        if next(self.calls) == int(call) and word in " ".join(sys.argv):
            Path("reached").touch()
            time.sleep(600)
        return image if seed is None else (image, name_or_mask)
"""
"""A user's own module: it stops a step in its middle, so that the kill needs no luck."""


class Running:
    """``python -m mitosis.pipeline`` in a folder, its output in a file; ``brake``: a step's word and a call."""

    COMMAND = [*TINY, "classifier.model=resnet18", "crossfit=none", "runs=runs", "stain._target_=brake.Brake"]
    COMMAND += [f"{text[:-1]},augment._target_=brake.Brake]" for text in (SEGMENTER, CLASSIFIER)]
    COMMAND += ["data.samples_per_epoch=160", "data.batch_size=8", "max_steps=40"]  # 2 epochs of 20 steps
    COMMAND += ["data.limit=null"]

    def __init__(self, folder: Path, log: str, brake: str = "nowhere 0") -> None:
        self.folder, self.log = folder, folder / f"{log}.log"
        folder.mkdir(exist_ok=True)
        (folder / "brake.py").write_text(BRAKE)
        (folder / "reached").unlink(missing_ok=True)
        own = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder), "MITOSIS_TRUST": "brake", "BRAKE": brake}
        command = [sys.executable, "-m", "mitosis.pipeline", *self.COMMAND]
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, env=os.environ | own,
                # Tests that a shell put into the background ignore Ctrl-C, and so would their children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip

    def runs(self) -> dict[str, Path]:
        return runs_of(self.folder / "runs")

    def end(self) -> str:
        """What it printed in all; it has to succeed."""
        assert self.process.wait(900) == 0, self.log.read_text()
        return self.log.read_text()

    def wait_for_brake(self) -> None:
        while not (self.folder / "reached").exists():
            assert self.process.poll() is None, f"it ended without reaching the brake: {self.log.read_text()}"
            time.sleep(0.05)
        assert any(map(in_use, self.runs().values()))

    def kill(self) -> None:
        """SIGKILL, at the brake, to the pipeline alone: its step has to end with it and to let go of the folder."""
        self.wait_for_brake()
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 300
        while any(map(in_use, self.runs().values())):
            if time.monotonic() > deadline:
                os.killpg(self.process.pid, signal.SIGKILL)
                pytest.fail("the step outlived its pipeline")
            time.sleep(0.05)


def in_use(run: Path) -> bool:
    try:
        with locked(run):
            return False
    except InputError:
        return True


def times(folder: Path, *names: str) -> list[int]:
    return [(folder / name).stat().st_mtime_ns for name in names]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_an_interrupted_pipeline_interrupts_its_step(tmp_path: Path) -> None:
    running = Running(tmp_path, "only", "model=scmitosis_seg 250")
    running.wait_for_brake()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(600) == 130
    said = running.log.read_text()
    assert "Traceback" not in said
    assert "to go on, type: python -m mitosis.pipeline data=synthetic" in said
    assert not any(map(in_use, running.runs().values()))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_three_kills_leave_no_trace(tmp_path: Path) -> None:
    whole = Running(tmp_path / "whole", "whole")  # meanwhile, on another core

    first = Running(tmp_path / "killed", "first", "model=scmitosis_seg 250")  # samples: the second epoch's middle
    first.kill()
    segmenter = first.runs()["whole"]
    assert read(segmenter / "checkpoints" / "last.ckpt")["global_step"] == 20
    assert not (segmenter / "metrics.json").exists()

    second = Running(tmp_path / "killed", "second", "propose.py 15")  # fields: 6 of val are read first
    second.kill()
    trained = times(segmenter, "metrics.json", "checkpoints/last.ckpt")
    assert "threshold" in read(segmenter / "checkpoints" / "best.ckpt")["chosen"]
    assert not (segmenter / "candidates.csv").exists()

    third = Running(tmp_path / "killed", "third", "model=resnet18 250")
    third.kill()
    assert times(segmenter, "metrics.json", "checkpoints/last.ckpt") == trained
    proposed = times(segmenter, "candidates.csv", "proposal.json", "checkpoints/best.ckpt")
    classifier = third.runs()["classifier"]
    assert read(classifier / "checkpoints" / "last.ckpt")["global_step"] == 20
    assert not (classifier / "metrics.json").exists()

    said = Running(tmp_path / "killed", "fourth").end()
    assert said.count("nothing to do") == 2
    assert "epoch 0" not in said
    assert "epoch 1  step 40" in said
    assert times(segmenter, "metrics.json", "checkpoints/last.ckpt") == trained
    assert times(segmenter, "candidates.csv", "proposal.json", "checkpoints/best.ckpt") == proposed

    whole.end()
    assert [path.relative_to(whole.folder) for path in whole.runs().values()] == [
        path.relative_to(first.folder) for path in first.runs().values()
    ]
    for name, run in whole.runs().items():
        other = first.runs()[name]
        for file in ("metrics.csv", "recipe.yaml"):
            assert (run / file).read_text() == (other / file).read_text()
        for file in ("best", "last"):
            one, two = (read(folder / "checkpoints" / f"{file}.ckpt") for folder in (run, other))
            assert one["state_dict"].keys() == two["state_dict"].keys()
            assert all(torch.equal(value, two["state_dict"][key]) for key, value in one["state_dict"].items())
    one, two = (running.runs()["whole"] / "candidates.csv" for running in (whole, first))
    assert one.read_bytes() == two.read_bytes()
    one, two = (read_json(running.runs()["classifier"] / "evaluation.json") for running in (whole, first))
    assert one == two
    assert one["stages"][0]["predictions"] > 0
    one, two = (running.runs()["classifier"] / "detections.csv" for running in (whole, first))
    assert one.read_bytes() == two.read_bytes()
