"""The threshold of each stage, by which the fields of a run are counted again."""

import json
from pathlib import Path

import pytest
from reporting.drawn_runs import write_runs

from mitosis.metric.field_scores import ALONE, BOTH
from mitosis.reporting.evaluated import find_evaluated


@pytest.mark.parametrize(("chosen", "expected"), [({}, 0.0), ({"alone": 0.55}, 0.55)])
def test_stage_one_alone_is_counted_from_its_own_threshold_on(
    tmp_path: Path, chosen: dict[str, float], expected: float
) -> None:
    """Runs of earlier versions have none: all that they proposed counted."""
    root = write_runs(tmp_path)
    for path in root.rglob("evaluation.json"):
        result = json.loads(path.read_text())
        result["chosen"]["segmenter"] |= chosen
        path.write_text(json.dumps(result))
    run = next(run for run in find_evaluated(root) if BOTH in run.stages)
    assert run.threshold(ALONE) == expected
    assert run.threshold(BOTH) == 0.5
    predictions = sum(field.counts(ALONE, run.threshold(ALONE))[1] for field in run.fields)
    assert predictions == sum(int((field.scores[ALONE] >= expected).sum()) for field in run.fields)
