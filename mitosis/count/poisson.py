"""The interval of a count."""

from scipy.special import gammaincinv

LEVEL = 0.95


def poisson_interval(count: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact (Garwood) interval of the mean of a Poisson count.

    Args:
        count: What was counted, 0 or more.
        level: Confidence in (0, 1).

    Returns:
        Both limits; the lower one of 0 is 0.

    Raises:
        ValueError: ``count`` is negative.

    Source:
        Garwood 1936, "Fiducial limits for the Poisson distribution".

    >>> [round(limit, 3) for limit in poisson_interval(10)]
    [4.795, 18.39]
    """
    if count < 0:
        raise ValueError(f"a count of {count}")
    tail = (1 - level) / 2  # half a quantile of χ² is one of Γ; scipy.stats itself takes a second to import
    low = float(gammaincinv(count, tail)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - tail))
