"""Pipelines as jobs of joblib: each starts its steps from a worker process."""

import subprocess
import sys
from pathlib import Path

import pytest

TINY = ["data=synthetic", "budget=smoke", "data.size=128", "stain=none", "trainer=exact", "classifier.model=null"]
SEGMENTER = "segmenter.set=[budget.widths=[4,4,8,8],view.train.size=64,view.train.jitter=16]"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_folds_side_by_side(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    folds = ["--multirun", "fold=0,1", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    command = [sys.executable, "-m", "mitosis.pipeline", *TINY, SEGMENTER, *folds]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.parent.name for path in tmp_path.rglob("evaluation.json")) == ["fold-0", "fold-1"]
