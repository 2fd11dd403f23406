"""The table of folds, worked out by hand."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "experiments" / "folds.py"


@pytest.fixture(scope="module")
def folds():
    spec = importlib.util.spec_from_file_location("folds", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def evaluation(tp: int, predictions: int, truths: int, pixels: tuple[int, int, int], folds) -> dict:
    found = folds.rates(tp, predictions - tp, truths - tp)
    stage = {name: None if value != value else value for name, value in found.items()}
    names = ("tp", "fp", "fn")
    return {
        "rule": "the rule",
        "stages": [stage | {"tp": tp, "predictions": predictions, "truths": truths}],
        "pixel": folds.rates(*pixels) | dict(zip(names, pixels, strict=True)),
    }


def test_mean_and_pooled_differ(folds, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    results = {"0": evaluation(8, 10, 16, (50, 50, 0), folds), "1": evaluation(0, 0, 4, (0, 10, 50), folds)}
    for fold, result in results.items():
        (tmp_path / f"fold-{fold}").mkdir()
        (tmp_path / f"fold-{fold}" / "evaluation.json").write_text(json.dumps(result))
    folds.main([tmp_path])
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert printed[1:] == [
        "| fold-0 | 0.8000 | 0.5000 | 0.6154 | 8 | 10 | 16 | 0.5000 | 1.0000 | 0.6667 |",
        "| fold-1 | – | 0.0000 | 0.0000 | 0 | 0 | 4 | 0.0000 | 0.0000 | 0.0000 |",
        "| mean of folds | 0.8000 | 0.2500 | 0.3077 |  |  |  | 0.2500 | 0.5000 | 0.3333 |",
        # 8 of 10 and of 20; 50 of 110 and of 100 pixels
        "| pooled | 0.8000 | 0.4000 | 0.5333 | 8 | 10 | 20 | 0.4545 | 0.5000 | 0.4762 |",
    ]


def test_no_folds(folds, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no fold-"):
        folds.main([tmp_path])


def test_folds_tested_on_the_same_fields_are_not_pooled(folds) -> None:
    results = {fold: evaluation(8, 10, 16, (50, 50, 0), folds) | {"names": ["a", "b"]} for fold in ("0", "1")}
    assert not any("pooled" in line for line in folds.lines(results))
    results["1"]["names"] = ["c"]
    assert any("pooled" in line for line in folds.lines(results))
