"""Scored candidates, written and read again."""

from pathlib import Path

import numpy as np
import pytest
from refused import refused

from mitosis.metric.field_scores import ALONE, BOTH
from mitosis.metric.matching import Matching
from mitosis.output.scored import ScoredCandidates, read_scored, write_scored


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two figures 4 µm apart with a candidate between them, a false candidate, a missed figure; an empty field."""
    points, truths = np.array([[10.0, 10.0], [80.0, 80.0]]), np.array([[2.0, 10.0], [18.0, 10.0], [200.0, 200.0]])
    some = {"case": "p", "mpp": 0.25, "area_mm2": 1.0}
    scores = {"first": np.array([0.9, 0.8]), "second": np.array([0.7, 0.1]), "score": np.array([0.6, 0.2])}
    none = {name: np.zeros(0) for name in scores}
    empty = np.zeros((0, 2))
    write_scored(
        tmp_path / "scores.csv",
        [
            ScoredCandidates(field="a", points=points, truths=truths, **scores, **some),
            ScoredCandidates(field="b", points=empty, truths=empty, **none, **some),
        ],
        Matching("icpr2012", radius=5.0),
    )
    return tmp_path / "scores.csv"


def test_what_was_written_is_read(path: Path) -> None:
    a, b = read_scored(path)
    assert (a.field, a.case, a.truths, a.missed, a.reached) == ("a", "p", 3, (2,), 1)
    assert a.scores[ALONE].tolist() == [0.9, 0.8]
    assert a.scores[BOTH].tolist() == [0.6, 0.2]
    assert a.reach.truth.tolist() == [0, 1]
    assert a.reach.prediction.tolist() == [0, 0]
    assert a.counts(BOTH, 0.5) == (1, 1, 3)
    assert (b.field, b.truths, len(b.scores[BOTH])) == ("b", 0, 0)


def test_broken_tables_are_refused(path: Path, tmp_path: Path) -> None:
    assert "no such file" in refused(lambda: read_scored(tmp_path / "none.csv"))
    path.write_text(path.read_text().replace("0.60000", "high"))
    assert f"{path} is not a table of scored candidates" in refused(lambda: read_scored(path))
    path.write_text("a,b\n1,2\n")
    assert f"{path} is not a table of scored candidates" in refused(lambda: read_scored(path))
