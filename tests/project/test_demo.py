"""``make demo`` as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_demo_finds_the_mitoses_of_unseen_cases(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, ROOT / "experiments" / "demo.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (evaluation,) = (tmp_path / "demo").glob("runs/**/evaluation.json")
    result = json.loads(evaluation.read_text())
    assert [stage["stage"] for stage in result["stages"]] == ["stage one alone", "both stages"]
    assert result["stages"][1]["f1"] > 0.8
    assert result["fields"] == 10
    assert len(list((tmp_path / "demo" / "prediction" / "overlay").glob("*.png"))) == 2
