"""A search: its proposals, resuming after an interruption, and failed trials."""

import math
import sys
from pathlib import Path
from typing import Any

import pytest

from mitosis.cli.search import Search
from mitosis.errors import InputError


@pytest.fixture
def space() -> dict[str, Any]:
    distributions = pytest.importorskip("optuna").distributions
    return {
        "lr": distributions.FloatDistribution(1e-5, 1e-1, log=True),
        "widths": distributions.CategoricalDistribution(["[4,8]", "[8,16]"]),
    }


def score(values: dict[str, Any]) -> float:
    """A score whose maximum, 1, is at a learning rate of 1e-3 and the wider network."""
    return 1 - abs(math.log10(values["lr"]) + 3) / 4 - 0.2 * (values["widths"] == "[4,8]")


def run(search: Search, until: int = 1000) -> list[dict[str, Any]]:
    """The values of up to ``until`` trials, each with its score recorded."""
    tried = []
    while len(tried) < until and (asked := search.ask(1)):
        for number, values in asked.items():
            search.tell(number, score(values))
            tried.append(values)
    return tried


def test_runs_the_requested_trials_and_beats_chance(tmp_path: Path, space: dict[str, Any]) -> None:
    search = Search(tmp_path / "a.db", space, trials=25, seed=0)
    assert search.best is None
    tried = run(search)
    assert len(tried) == 25
    assert all(1e-5 <= values["lr"] <= 1e-1 for values in tried)
    assert search.best == max(((score(values), values) for values in tried), key=lambda pair: pair[0])
    assert sum(map(score, tried[15:])) / 10 > sum(map(score, tried[:10])) / 10
    assert search.ask(1) == {}


def test_resuming_a_search_gives_the_same_trials_as_never_stopping(tmp_path: Path, space: dict[str, Any]) -> None:
    whole = run(Search(tmp_path / "whole.db", space, trials=12, seed=3))
    first = run(Search(tmp_path / "b.db", space, trials=12, seed=3), until=11)
    left = Search(tmp_path / "b.db", space, trials=12, seed=3).ask(1)  # and is killed
    again = Search(tmp_path / "b.db", space, trials=12, seed=3)
    assert again.ask(1) == left
    assert first + run(again) == whole
    assert run(Search(tmp_path / "c.db", space, trials=12, seed=4)) != whole
    assert len(run(Search(tmp_path / "b.db", space, trials=14, seed=3))) == 2  # more are wanted


def test_failed_trials_count_but_are_never_best(tmp_path: Path, space: dict[str, Any]) -> None:
    search = Search(tmp_path / "d.db", space, trials=3, seed=0)
    (number,) = search.ask(1)
    search.tell(number, math.nan)
    assert search.best is None
    assert len(search.ask(5)) == 2  # those that are left
    assert len(run(search)) == 2


def test_a_missing_optuna_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"optuna is not installed; type pip install 'mitosis-cascade\[sweep\]'"):
        Search(tmp_path / "e.db", {}, trials=1, seed=0)
