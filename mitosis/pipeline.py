"""``python -m mitosis.pipeline data=…``: train ► propose ► train ► evaluate for one fold, one process per step."""

from typing import Any

from mitosis.cli.entry import entry
from mitosis.cli.plan import check_pretrained, plan_of
from mitosis.cli.step import run_step
from mitosis.files import read_json
from mitosis.run.name import Choices


def pipeline(config: dict[str, Any], choices: Choices) -> float:
    """Train and evaluate both stages on one fold, or stage one alone; finished steps are skipped.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        F1 of the last stage on test; nan if it is undefined or there is no test part.

    Raises:
        InputError: The stages do not fit together, or pretrained weights are unavailable.
    """
    plan = plan_of(config, choices)
    check_pretrained(plan)
    print(plan.summary, flush=True)
    for name, overrides in plan.steps:
        run_step(name, overrides, choices.conf)
    stages = read_json(plan.result / "evaluation.json")["stages"]
    return stages[-1]["f1"] if stages and stages[-1]["f1"] is not None else float("nan")


if __name__ == "__main__":
    entry("pipeline", pipeline)
