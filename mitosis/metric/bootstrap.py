"""The bootstrap of a pooled F1 over cases, or over fields where cases are few."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from mitosis.metric.intervals import RESAMPLES, f1_of, percentiles, resampled_f1

FEWEST_CASES = 20
"""With fewer cases, drawing cases says little: the same few are drawn again and again."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """F1 of every draw, and what was drawn.

    Attributes:
        values: (RESAMPLES,) F1; nan where a draw has neither predictions nor truths, and where there is but one field.
        unit: What was drawn, in words with its number.
    """

    values: Float64[np.ndarray, " resamples"]
    unit: str

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval; (nan, nan) without any defined value."""
        return percentiles(self.values) if (self.values == self.values).any() else (float("nan"), float("nan"))


def bootstrap_f1(counts: Int64[np.ndarray, "fields 3"], cases: Sequence[str], seed: int = 0) -> Bootstrap:
    """Draw cases with replacement if there are at least ``FEWEST_CASES``, otherwise fields within their cases.

    Fields of one case resemble each other, so an interval over fields is too narrow for new patients. It is given where
    cases are few, each case keeping its number of fields, and its unit says so. Cases with a single field are drawn
    from each other: within itself, such a case would never vary. The draws depend on the cases alone, so that two
    variants on the same fields are compared draw by draw.

    Args:
        counts: TP, predictions and truths of each field.
        cases: The case of each field.
        seed: Of the draws.
    """
    names, index = np.unique(np.array(cases, dtype=str), return_inverse=True)
    if len(names) >= FEWEST_CASES:
        by_case = np.zeros((len(names), 3), dtype=np.int64)
        np.add.at(by_case, index, counts)
        return Bootstrap(resampled_f1(by_case, seed), f"{len(names)} cases")
    unit = f"{len(counts)} fields, within {len(names)} case{'' if len(names) == 1 else 's'}"
    sizes = np.bincount(index)
    index = np.where(sizes[index] == 1, len(names), index)
    rng = np.random.default_rng(seed)
    totals = np.zeros((RESAMPLES, 3), dtype=np.int64)
    for stratum in np.unique(index):
        own = np.flatnonzero(index == stratum)
        totals += counts[own[rng.integers(len(own), size=(RESAMPLES, len(own)))]].sum(axis=1)
    return Bootstrap(f1_of(totals) if len(counts) > 1 else np.full(RESAMPLES, np.nan), unit)
