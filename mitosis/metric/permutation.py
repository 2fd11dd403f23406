"""A paired permutation test between two variants on the same fields or cases."""

from dataclasses import dataclass
from math import nan

import numpy as np
from jaxtyping import Float64, Int64

from mitosis.metric.intervals import f1_of

EXACT = 12
"""Most units whose exchanges are all enumerated: 2^12 = 4096."""
DRAWS = 10_000
EQUAL = 1e-12
"""Differences of F1 within this of the observed one count as equal to it: sums are rounded."""


@dataclass(frozen=True)
class Permutation:
    """The result of a paired permutation test.

    Attributes:
        difference: Pooled F1 of the second variant less that of the first; nan if one is undefined.
        p: Two-sided p value; nan if the difference is.
        smallest: The smallest p that this number of units can reach.
        exact: Whether all exchanges were enumerated, or some drawn.
    """

    difference: float
    p: float
    smallest: float
    exact: bool


def paired_permutation(
    first: Int64[np.ndarray, "units 3"], second: Int64[np.ndarray, "units 3"], seed: int = 0
) -> Permutation:
    """Test whether the pooled F1 of two variants differs by more than chance exchanges of their units would make it.

    Under the null hypothesis a unit's counts may as well be the other variant's. With up to ``EXACT`` units, all
    2^units exchanges are enumerated; otherwise ``DRAWS`` of them are drawn, and the observed one counts as one more, so
    that p is never 0.

    Args:
        first: TP, predictions and truths of each unit (case or field) under the first variant.
        second: The same units under the second.
        seed: Of the drawn exchanges.

    Source:
        Phipson and Smyth 2010, "Permutation p-values should never be zero" (for the drawn exchanges).

    Five cases, all better under the second variant: only 2 of the 32 exchanges differ as much.

    >>> worse, better = np.array([[1, 2, 2]] * 5), np.array([[2, 2, 2]] * 5)
    >>> result = paired_permutation(worse, better)
    >>> result.p, result.smallest
    (0.0625, 0.0625)
    """
    units = len(first)
    exact = units <= EXACT
    smallest = min(1.0, 2.0 / 2**units) if exact else 1 / (DRAWS + 1)
    observed = float(_differences(first.sum(axis=0, keepdims=True), second.sum(axis=0, keepdims=True))[0])
    if observed != observed:
        return Permutation(nan, nan, smallest, exact)
    exchanged = _all(units) if exact else np.random.default_rng(seed).random((DRAWS, units)) < 0.5
    moved = exchanged.astype(np.int64) @ (second - first)
    differences = _differences(first.sum(axis=0) + moved, second.sum(axis=0) - moved)
    # A draw in which a variant has neither predictions nor truths shows no difference.
    as_extreme = int((np.nan_to_num(np.abs(differences)) >= abs(observed) - EQUAL).sum())
    p = as_extreme / len(differences) if exact else (as_extreme + 1) / (DRAWS + 1)
    return Permutation(observed, p, smallest, exact)


def _all(units: int) -> np.ndarray:
    return (np.arange(2**units)[:, None] >> np.arange(units)) & 1 == 1


def _differences(first: np.ndarray, second: np.ndarray) -> Float64[np.ndarray, " draws"]:
    return f1_of(second) - f1_of(first)
