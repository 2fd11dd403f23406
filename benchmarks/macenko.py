"""Stain normalisation of a synthetic field, one matrix versus staintools' lasso: ``python benchmarks/macenko.py``.

Both use the published reference and alternate in one process; prints the ratio of the medians and the mean difference
of the results.
"""

import statistics
import time

import numpy as np
import staintools

from mitosis.data.drawing.field import draw_field
from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, Macenko

SIDE, ROUNDS = 1024, 3


def main() -> None:
    image = draw_field(seed=0, case=0, index=0, size=SIDE).image
    peer = staintools.StainNormalizer("macenko")
    peer.stain_matrix_target, peer.maxC_target = REFERENCE_STAINS, REFERENCE_MAXIMA[None]
    seconds: dict[str, list[float]] = {"staintools": [], "one matrix": []}
    for _ in range(ROUNDS):
        began = time.perf_counter()
        theirs = peer.transform(image.copy())
        seconds["staintools"].append(time.perf_counter() - began)
        began = time.perf_counter()
        ours = Macenko()(image, "field")
        seconds["one matrix"].append(time.perf_counter() - began)
    slow, fast = (statistics.median(times) for times in seconds.values())
    apart = np.abs(theirs.astype(int) - ours).mean()
    times = f"staintools {slow:.2f} s, one matrix {fast:.3f} s"
    print(f"{times}: {slow / fast:.0f} times faster, {apart:.2f} grey levels apart")


if __name__ == "__main__":
    main()
