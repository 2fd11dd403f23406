"""``python -m mitosis.pipeline data=…``: train ► propose ► train ► evaluate for one fold, each step a process."""

from typing import Any

from mitosis.cli.entry import entry
from mitosis.cli.plan import plan_of
from mitosis.cli.step import run_step
from mitosis.files import read_json
from mitosis.run.name import Choices


def pipeline(config: dict[str, Any], choices: Choices) -> float:
    """Both stages on one fold, or stage one alone; finished steps are skipped. Returns F1, nan without a test part."""
    plan = plan_of(config, choices)
    print(plan.summary, flush=True)
    for name, overrides in plan.steps:
        run_step(name, overrides, choices.conf)
    stages = read_json(plan.result / "evaluation.json")["stages"]
    return stages[-1]["f1"] if stages and stages[-1]["f1"] is not None else float("nan")


if __name__ == "__main__":
    entry("pipeline", pipeline)
