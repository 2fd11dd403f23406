"""Counts at every threshold, in one descent versus matching everything again: ``python benchmarks/curve.py``.

Checks that both give the same counts; they alternate in one process. Also prints how long 100 000 detections take.
"""

import statistics
import time

import numpy as np
from alternating import ROUNDS, alternate, compare

from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching

FIELDS, DETECTIONS, TRUTHS, SIDE = 4, 100, 20, 200
MANY = 100_000


def main() -> None:
    metric = _metric(FIELDS, DETECTIONS, TRUTHS, SIDE)
    thresholds = metric.curve().thresholds
    seconds, (anew, curve) = alternate(
        {"anew": lambda: [metric.counts(float(one)) for one in thresholds], "ours": metric.curve}
    )
    assert anew == [curve.counts(index) for index in range(len(thresholds))]
    many, times = _metric(10, MANY // 10, 1000, 4000), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _ = many.curve().best  # compute would keep its first result
        times.append(time.perf_counter() - began)
    print(f"{compare(seconds['anew'], seconds['ours'])}; {MANY} detections take {statistics.median(times):.2f} s")


def _metric(fields: int, detections: int, truths: int, side: int) -> DetectionMetric:
    """Fields of random detections; half of them lie near a mitosis."""
    random = np.random.default_rng(0)
    metric = DetectionMetric(Matching("px20", 20.0, "px"))
    for number in range(fields):
        true, points = random.uniform(0, side, (truths, 2)), random.uniform(0, side, (detections, 2))
        near = detections // 2
        points[:near] = true[random.integers(0, truths, near)] + random.normal(0, 8, (near, 2))
        metric.update(points, random.random(detections), true, mpp=0.25, field=f"{number}")
    return metric


if __name__ == "__main__":
    main()
