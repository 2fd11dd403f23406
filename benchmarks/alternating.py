"""Several ways to do the same thing, timed in turn, and the line that reports how they compare.

With ``QUICK=1`` in the environment every benchmark takes fewer rounds on smaller input.
"""

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

QUICK = os.environ.get("QUICK", "") not in ("", "0")
ROUNDS = 3 if QUICK else 5


def alternate(
    ways: Mapping[str, Callable[[], Any]], rounds: int = ROUNDS, *, warm: bool = True
) -> tuple[dict[str, list[float]], list[Any]]:
    """Run every way once per round, in turn; with ``warm`` after one run of each that is not counted.

    Returns the seconds of each way, one number per round, and the results of the last round in the order of ``ways``.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    results: list[Any] = [way() if warm else None for way in ways.values()]
    for _ in range(rounds):
        for index, (name, way) in enumerate(ways.items()):
            results[index] = None  # memory is given back before the clock starts
            began = time.perf_counter()
            results[index] = way()
            seconds[name].append(time.perf_counter() - began)
    return seconds, results


def compare(slow: Sequence[float], fast: Sequence[float]) -> str:
    """The median of the ratios of two ways round by round, their range, and the median time of each."""
    ratios = [one / other for one, other in zip(slow, fast, strict=True)]
    middle = statistics.median(ratios)
    times = " and ".join(_time(statistics.median(each)) for each in (slow, fast))
    return f"{_short(middle)} times faster ({_short(min(ratios))}–{_short(max(ratios))}; {times})"


def _short(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 20 else f"{ratio:.1f}" if ratio >= 3 else f"{ratio:.2f}"


def _time(seconds: float) -> str:
    return (
        f"{seconds:.1f} s"
        if seconds >= 1
        else f"{1000 * seconds:.0f} ms"
        if seconds >= 0.01
        else f"{1000 * seconds:.2g} ms"
    )
