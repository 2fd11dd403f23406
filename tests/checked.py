"""Records and findings for the tests of a dataset's checks."""

from functools import partial
from typing import Any

import numpy as np

from mitosis.check.check import Finding
from mitosis.data.record import MitoticFigure, Record

SIDE = 96


def dots(*points: tuple[int, int]) -> tuple[MitoticFigure, ...]:
    return tuple(MitoticFigure(np.array([point], np.int32)) for point in points)


def record(name: str = "a", case: str = "case", figures: tuple = (), others: Any = (), **kwargs: Any) -> Record:
    negatives = np.array(others, float).reshape(-1, 2)
    given = {"read": partial(np.zeros, (SIDE, SIDE, 3), np.uint8), "size": (SIDE, SIDE), "mpp": 0.25} | kwargs
    return Record(name, case=case, slide=case, scanner="s", figures=figures, hard_negatives=negatives, **given)


def bad(findings: list[Finding]) -> dict[str, Finding]:
    """The findings that are not ok, by the first words of their check."""
    assert all(finding.count == 0 for finding in findings if finding.verdict == "ok")
    return {" ".join(f.check.split()[:2]): f for f in findings if f.verdict != "ok"}
