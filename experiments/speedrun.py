"""From raw fields to a finished cascade in an hour on two cores (``make speedrun``).

``python experiments/speedrun.py icpr2012=DIR [mitos_atypia14=DIR] [output=speedrun] [fold=all]`` trains both stages on
the two halves of the patients, for the thresholds, and on all of them, and combines these networks; stage two is the
mean of two classifiers. Two trainings run at a time. A fold with a test part is scored as well. The same command goes
on where it was stopped. Other settings are passed on to all trainings, or with the name of a model before them
(``lite_fpn.max_steps=600``) to its own.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import script
from rich.console import Console

from mitosis.cli.compose import compose
from mitosis.cli.overrides import literal
from mitosis.errors import InputError
from mitosis.run.name import run_folder, slug_of

DATASETS = ("icpr2012", "mitos_atypia14")
SEGMENTER, CLASSIFIER = "lite_fpn", "efficientnet_lite0"
HALVES = (["+half=0"], ["+half=1"])
CLASSIFIERS: tuple[list[str], ...] = ([], ["view.train.even_cases=true"])
"""How the classifiers differ whose probabilities are averaged: one learns from all patients alike."""
AT_A_TIME = 2
"""Trainings; each takes 3 to 4 GB."""


def main(arguments: Sequence[str]) -> None:
    start = time.monotonic()
    given = script.pairs(arguments)
    output = Path(given.pop("output", "speedrun")).expanduser().absolute()
    fold = given.pop("fold", "all")
    data, places = data_of(given)
    shared = [
        *data,
        *places,
        f"fold={fold}",
        "budget=hour",
        "data.val=other_half",
        f"runs={literal(str(output / 'runs'))}",
    ]
    first = [f"model={SEGMENTER}", *shared, *settings_of(given, SEGMENTER)]
    second = [f"model={CLASSIFIER}", *shared, *settings_of(given, CLASSIFIER)]
    logs = output / f"logs-{fold}"
    logs.mkdir(parents=True, exist_ok=True)

    halves = [[*first, *half] for half in HALVES]
    segmenters = [run_folder(*compose("train", overrides)) for overrides in halves]
    side_by_side("stage one on halves", [("train", overrides) for overrides in halves], logs)
    proposals = [("propose", [f"segmenter={literal(str(run))}", *places]) for run in segmenters]
    side_by_side("its candidates", proposals, logs)
    second.append(f"segmenter={listed(segmenters)}")
    partner = slug_of(segmenters[-1])
    seconds = [[*second, *half, *variant] for half in (*HALVES, []) for variant in CLASSIFIERS]
    classifiers = [run_folder(*compose("train", overrides), segmenter=partner) for overrides in seconds]
    rest = [("train", overrides) for overrides in (first, *seconds)]
    side_by_side("stage two, and stage one on all patients", rest, logs)
    segmenters.append(run_folder(*compose("train", first)))

    weights = output / f"weights-{fold}"
    members = [f"segmenter={listed(segmenters)}", f"classifier={listed(classifiers)}"]
    alone("combine", [*members, f"output={literal(str(weights))}", *places])
    if fold != "all":
        alone("evaluate", [f"weights={literal(str(weights))}", *places])
    print(f"{weights}: finished after {(time.monotonic() - start) / 60:.0f} minutes")


def data_of(given: dict[str, str]) -> tuple[list[str], list[str]]:
    """The choice of the data, and where it lies; takes both out of ``given``."""
    roots = {name: str(Path(given.pop(name)).expanduser().absolute()) for name in DATASETS if name in given}
    if "icpr2012" not in roots:
        raise InputError("type icpr2012=DIR, the folder that holds A00_v2 … A04_v2")
    if len(roots) == 1:
        return ["data=icpr2012"], [f"data.root={literal(roots['icpr2012'])}"]
    return ["data=icpr2012_atypia14"], [f"data.sets.{name}.root={literal(root)}" for name, root in roots.items()]


def settings_of(given: Mapping[str, str], model: str) -> list[str]:
    """The settings of a model's trainings: those under its own name, and those under no model's."""
    own = {key.removeprefix(f"{model}."): value for key, value in given.items() if key.startswith(f"{model}.")}
    common = {key: value for key, value in given.items() if not key.startswith((f"{SEGMENTER}.", f"{CLASSIFIER}."))}
    return [f"{key}={value}" for key, value in (common | own).items()]


def listed(runs: Sequence[Path]) -> str:
    """Run folders as a list for the command line; their names hold commas."""
    return f"[{','.join(literal(str(run)) for run in runs)}]"


def side_by_side(title: str, commands: Sequence[tuple[str, Sequence[str]]], logs: Path) -> None:
    """Run commands, ``AT_A_TIME`` of them, each on its share of the cores and with a log; exit if one fails."""
    threads = max(1, (os.cpu_count() or 1) // AT_A_TIME)
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    slug = title.replace(",", "").replace(" ", "-")
    waiting = [(command, logs / f"{slug}-{number}.log") for number, command in enumerate(commands)]
    running: dict[Path, subprocess.Popen[bytes]] = {}
    try:
        with Console().status(title) as status:
            while waiting or running:
                while waiting and len(running) < AT_A_TIME:
                    (name, overrides), path = waiting.pop(0)
                    line = [sys.executable, "-m", f"mitosis.{name}", *overrides]
                    with path.open("wb") as log:
                        running[path] = subprocess.Popen(line, stdout=log, stderr=subprocess.STDOUT, env=environment)
                status.update(f"{title}: {' | '.join(last_line(path) for path in running)} ({len(waiting)} to come)")
                time.sleep(0.5)
                for path in [path for path, child in running.items() if child.poll() is not None]:
                    if running.pop(path).returncode:
                        raise InputError(f"{title}: {last_line(path)} ({path})")
    finally:
        for child in running.values():
            child.terminate()
            child.wait()
    print(f"{title}: done")


def alone(name: str, overrides: Sequence[str]) -> None:
    """Run a command; if it fails, exit with its exit code."""
    if code := subprocess.run([sys.executable, "-m", f"mitosis.{name}", *overrides], check=False).returncode:
        sys.exit(code)


def last_line(path: Path) -> str:
    """The last line of a log that is not empty; what a progress bar has overwritten is left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").replace("\r", "\n").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


if __name__ == "__main__":
    script.run(main)
