"""Counts at every threshold, incremental matching versus matching everything again: ``python benchmarks/curve.py``.

Checks that both give the same counts. They alternate in one process; prints the ratio of the medians.
"""

import statistics
import time

import numpy as np

from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching

FIELDS, DETECTIONS, TRUTHS, ROUNDS = 4, 100, 20, 3


def main() -> None:
    random = np.random.default_rng(0)
    points, truths = random.uniform(0, 200, (FIELDS, DETECTIONS, 2)), random.uniform(0, 200, (FIELDS, TRUTHS, 2))
    scores = random.random((FIELDS, DETECTIONS))
    metric = DetectionMetric(Matching("px20", 20.0, "px"))
    for i in range(FIELDS):
        metric.update(points[i], scores[i], truths[i], mpp=0.25, field=f"{i}")
    thresholds = np.unique(scores)[::-1]
    seconds: dict[str, list[float]] = {"anew": [], "parts": []}
    for _ in range(ROUNDS):
        began = time.perf_counter()
        anew = [metric.counts(float(threshold)) for threshold in thresholds]
        seconds["anew"].append(time.perf_counter() - began)
        began = time.perf_counter()
        parts = metric.curve().points
        seconds["parts"].append(time.perf_counter() - began)
    assert tuple(anew) == parts
    slow, fast = (statistics.median(times) for times in seconds.values())
    print(f"{len(thresholds)} thresholds anew {slow:.2f} s, in parts {fast:.3f} s: {slow / fast:.0f} times faster")


if __name__ == "__main__":
    main()
