"""What is kept of a sweep: the results of its runs without coordinates, from which its table is drawn again.

``RUNS/DATA/NAME`` holds ``table.json`` and, for each run, the scores of its candidates, its evaluation, and what each
of its trainings took. The folder can be published; ``redraw.py`` draws the tables of those below experiments/scores.
"""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from sweep_table import Run

from mitosis import files

INDEX = "table.json"


def keep(name: str, runs: Sequence[Run], folder: Path) -> None:
    """Copy what the table ``name`` needs of its finished runs to ``folder``, and only then replace what is there."""
    with files.scratch_folder(f".{folder.name}.", ".part", folder.parent) as place:
        fill(place / "filled", name, runs)
        if folder.exists():
            os.replace(folder, place / "before")
        os.replace(place / "filled", folder)


def fill(folder: Path, name: str, runs: Sequence[Run]) -> None:
    listed = []
    for run in runs:
        if not run.result().get("stages"):
            continue
        place = Path(re.sub(r"[^\w=.,-]+", "_", run.variant), f"fold-{run.fold}")
        stages = [place / f"stage-{number}" for number in range(1, len(run.stages) + 1)]
        for trained, stage in zip(run.stages, stages, strict=True):
            copy(trained / "metrics.json", folder / stage / "metrics.json")
        for file in ("evaluation.json", "scores.csv"):
            copy(run.file(file), folder / stages[-1] / run.file(file).name)
        kept = {"variant": run.variant, "fold": run.fold, "other": run.other, "stages": [str(each) for each in stages]}
        listed.append(kept)
    files.write_json(folder / INDEX, {"table": name, "data": runs[0].data, "runs": listed})


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def is_kept(folder: Path) -> bool:
    """Whether a folder holds a sweep."""
    return (folder / INDEX).is_file()


def kept(folder: Path) -> tuple[str, list[Run]]:
    """The name of the table in a folder, and its runs."""
    index = files.read_json(folder / INDEX)
    runs = [
        Run(one["variant"], index["data"], one["fold"], [folder / each for each in one["stages"]], folder, one["other"])
        for one in index["runs"]
    ]
    return index["table"], runs
