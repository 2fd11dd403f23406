"""Confidence intervals of rates and of F1."""

import numpy as np
from jaxtyping import Float64, Int64
from scipy.stats import norm

RESAMPLES = 2000


def wilson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a rate; (nan, nan) without trials.

    Args:
        successes: 0 to ``trials``.
        trials: All trials.
        level: Confidence in (0, 1).

    Returns:
        Both limits, in [0, 1].

    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    >>> [round(limit, 4) for limit in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not trials:
        return float("nan"), float("nan")
    z2 = float(norm.ppf((1 + level) / 2)) ** 2
    centre = (successes + z2 / 2) / (trials + z2)
    spread = np.sqrt(z2 * (successes * (trials - successes) / trials + z2 / 4)) / (trials + z2)
    return max(0.0, float(centre - spread)), min(1.0, float(centre + spread))


def resampled_f1(counts: Int64[np.ndarray, "fields 3"], seed: int = 0) -> Float64[np.ndarray, " resamples"]:
    """F1 over fields that are drawn with replacement, ``RESAMPLES`` times: the bootstrap of a pooled F1.

    The draws depend on the number of fields and the seed alone, so two methods on the same fields are compared draw by
    draw.

    Args:
        counts: TP, predictions and truths of each field.
        seed: Of the draws.

    Returns:
        F1 of every draw; nan where a draw has neither predictions nor truths.
    """
    draws = np.random.default_rng(seed).integers(len(counts), size=(RESAMPLES, len(counts)))
    return f1_of(counts[draws].sum(axis=1))


def f1_of(totals: Int64[np.ndarray, "n 3"]) -> Float64[np.ndarray, " n"]:
    """F1 of each row of TP, predictions and truths; nan where it has neither predictions nor truths."""
    tp, predictions, truths = totals.T.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return 2 * tp / (predictions + truths)


def percentiles(values: Float64[np.ndarray, " n"], level: float = 0.95) -> tuple[float, float]:
    """The limits between which the middle share ``level`` of the values lies; nan are left out."""
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
