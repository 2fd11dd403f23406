"""A table of a paper: ``python experiments/sweep.py NAME [KEY=VALUE …]`` runs what is missing, then draws it.

NAME is a sweep of the pipeline in conf/experiment, a key of ``SWEPT``. The rest are overrides of
``python -m mitosis.pipeline``; finished steps are skipped. The table goes to the terminal and, as Markdown and csv, to
RUNS/DATA/NAME.md and .csv; the scores behind it to RUNS/DATA/NAME, from which ``redraw.py`` can draw it again. With
``budget=smoke`` it is a trial on fold 0 of synthetic fields unless others are named.

Counts are pooled over the folds; F1 also as mean ± standard deviation of the folds. 95 % intervals in brackets: Wilson
for rates, bootstrap over fields for F1. A published number is marked ≠ where it stands for other data or another split.
"""

import itertools
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import script
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from kept_table import keep
from sweep_table import Run, as_csv, rows_of, shown, split_of, table

from mitosis import files
from mitosis.cli.compose import compose
from mitosis.cli.overrides import arrange
from mitosis.cli.plan import plan_of
from mitosis.errors import InputError
from mitosis.run.conf import CONF
from mitosis.run.name import tested_on

SWEPT = {
    **{"table2": "ablation", "table3": "classifier.model", "table4": "segmenter.model", "figure6": "classifier.model"},
    **{"unet_folds": "segmenter.model", "unet_without_augmentation": "segmenter.model"},
    **{"loss_table": "segmenter.set", "augment_table": "segmenter.set", "window_table": "segmenter.set"},
    **{"stain_table": "stain", "cross_dataset": "data"},
}
"""A sweep's own key, whose values are the rows of its table."""
SMOKE = {
    **{"unet_folds": "segmenter.set=[]", "unet_without_augmentation": "segmenter.set=[augment=none]"},
    "cross_dataset": "others=[synthetic.drawing_seed=1]",
}
"""What a smoke run sets in sweeps that give a number of steps of their own, or need other datasets."""


def main(arguments: Sequence[str]) -> None:
    if not arguments or arguments[0] not in SWEPT:
        raise InputError(f"{' '.join(arguments[:1]) or 'no name'}: type one of {', '.join(SWEPT)}")
    name, typed = arguments[0], arrange(with_defaults(arguments[0], arguments[1:]), "pipeline")
    # A wrong override ends it here, before any training.
    runs = [run for job in jobs_of(name, typed) for run in runs_of(name, job)]
    if len({run.data for run in runs}) > 1:
        raise InputError("data: a table is of one dataset; type the command once for each")
    command = [sys.executable, "-m", "mitosis.pipeline", f"experiment={name}", *typed]
    code = subprocess.run(command, check=False).returncode
    missing = [run for run in runs if not run.result().get("stages")]
    if len(missing) < len(runs):
        place, text = runs[0].table / name, shown(name, runs)
        files.write_text(place.with_suffix(".md"), text)
        files.write_text(place.with_suffix(".csv"), as_csv(table(name, rows_of(runs), *split_of(runs))))
        keep(name, runs, place)
        print(f"\n{text}\n{place}.md and .csv; the scores behind them in {place}")
    if code or missing:
        sys.exit(f"mitosis: {len(missing)} of {len(runs)} runs have no result; the same command goes on from there")


def with_defaults(name: str, typed: Sequence[str]) -> list[str]:
    """The overrides; a smoke run is of synthetic fields, and of one fold, unless others are named."""
    if "budget=smoke" not in typed:
        return list(typed)
    data = [] if any(text.startswith(("data=", "data.root=", "data.sets.")) for text in typed) else ["data=synthetic"]
    fold = [] if any(text.startswith("fold=") for text in typed) else ["fold=0"]
    set_anew = SMOKE.get(name, "")
    own = [] if any(text.startswith(set_anew.partition("=")[0]) for text in typed) else [set_anew]
    return [*data, *fold, *filter(None, own), *typed]


def jobs_of(name: str, typed: Sequence[str]) -> list[dict[str, str]]:
    """The runs of a sweep: each a dict from key to override, in the order of the yaml."""
    swept = yaml.safe_load((CONF / "experiment" / f"{name}.yaml").read_text(encoding="utf-8"))["hydra"]["sweeper"]
    texts = {key: f"{key}={value}" for key, value in swept["params"].items()}
    texts |= {text.partition("=")[0]: text for text in typed if not text.startswith("-")}
    choices = []
    for text in texts.values():
        override = OverridesParser.create().parse_override(text)
        key = override.get_key_element()
        many = override.is_discrete_sweep()
        choices.append([f"{key}={one}" for one in override.sweep_string_iterator()] if many else [text])
    return [dict(zip(texts, job, strict=True)) for job in itertools.product(*choices)]


def runs_of(name: str, job: dict[str, str]) -> list[Run]:
    """Where a run's results are or will be, one for each dataset; ``InputError`` if it cannot be planned."""
    config, choices = compose("pipeline", [f"experiment={name}", *job.values()])
    plan = plan_of(config, choices)
    tests = [overrides for step, overrides in plan.steps if step == "evaluate"]
    if name == "cross_dataset" and len(tests) == 1:
        raise InputError("cross_dataset: type others=[WORD=DIR,…], the datasets to test on")
    stages = [text.partition("=")[2] for text in tests[0] if text.startswith(("segmenter=", "classifier="))]
    own = re.sub(r"[\[\]']", "", job[SWEPT[name]].partition("=")[2])  # of a list of overrides, these alone
    folder = Path(config["runs"]) / choices.words["data"]
    others = ["", *(tested_on(*compose("evaluate", overrides)) for overrides in tests[1:])]
    where = (choices.words["data"], str(config["fold"]), [Path(run) for run in stages], folder)
    return [Run(f"{own} → {other}" if other else own, *where, other) for other in others]


if __name__ == "__main__":
    script.run(main)
