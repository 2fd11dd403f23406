"""Counts at every threshold, only what changes matched again against all of it: ``python benchmarks/curve.py``.

Prints the ratio of the medians, measured alternating in one process, and that both give the same counts.
"""

import statistics
import time

import numpy as np

from mitosis.metric.detection import FieldDetections, counts, curve
from mitosis.metric.matching import Matching

FIELDS, DETECTIONS, TRUTHS, ROUNDS = 4, 100, 20, 3


def main() -> None:
    random = np.random.default_rng(0)
    points, truths = random.uniform(0, 200, (FIELDS, DETECTIONS, 2)), random.uniform(0, 200, (FIELDS, TRUTHS, 2))
    fields = [FieldDetections(f"{i}", points[i], random.random(DETECTIONS), truths[i], 0.25) for i in range(FIELDS)]
    rule = Matching("px20", 20.0, "px")
    thresholds = np.unique(np.concatenate([one.scores for one in fields]))[::-1]
    seconds: dict[str, list[float]] = {"anew": [], "parts": []}
    for _ in range(ROUNDS):
        began = time.perf_counter()
        anew = [counts(fields, float(threshold), rule) for threshold in thresholds]
        seconds["anew"].append(time.perf_counter() - began)
        began = time.perf_counter()
        parts = curve(fields, rule).points
        seconds["parts"].append(time.perf_counter() - began)
    assert tuple(anew) == parts
    slow, fast = (statistics.median(found) for found in seconds.values())
    print(f"{len(thresholds)} thresholds anew {slow:.2f} s, in parts {fast:.3f} s: {slow / fast:.0f} times faster")


if __name__ == "__main__":
    main()
