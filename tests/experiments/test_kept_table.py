"""What is kept of a sweep draws the same table, and replaces what was kept before."""

from pathlib import Path

import pytest
from kept_table import INDEX, is_kept, keep, kept
from sweep_table import shown
from swept import A, run_of


def test_the_table_is_the_same(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / "runs", fold, A, [f"F{fold}"], [(1, 2, 2), (1, 1, 2)]) for fold in (0, 1)]
    (tmp_path / "kept" / "old").mkdir(parents=True)
    (tmp_path / "kept" / "old" / "scores.csv").write_text("of an earlier sweep")
    keep("table4", runs, tmp_path / "kept")
    expected = shown("table4", runs)
    (tmp_path / "runs").rename(tmp_path / "gone")
    name, again = kept(tmp_path / "kept")
    assert shown(name, again) == expected
    assert is_kept(tmp_path / "kept")
    files = [str(path.relative_to(tmp_path / "kept")) for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    last = ("stage-1/metrics.json", "stage-2/evaluation.json", "stage-2/metrics.json", "stage-2/scores.csv")
    assert sorted(files) == sorted([INDEX, *(f"unet/fold-{fold}/{name}" for fold in (0, 1) for name in last)])


def test_what_was_kept_stays_if_copying_fails(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / "runs", 0, A, ["F0"], [(1, 2, 2), (1, 1, 2)])]
    keep("table4", runs, tmp_path / "kept")
    before = shown(*kept(tmp_path / "kept"))
    (runs[0].stages[1] / "scores.csv").unlink()
    with pytest.raises(FileNotFoundError):
        keep("table4", runs, tmp_path / "kept")
    assert shown(*kept(tmp_path / "kept")) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "runs"]
