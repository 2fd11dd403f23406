"""A whole field through the segmenter, with and without keeping freed memory: ``python benchmarks/allocator.py``.

Each in a process of its own, alternating; prints the ratio of the medians.
"""

import statistics
import subprocess
import sys
import time

import torch

from mitosis.model.scmitosis import SCMitosisSeg
from mitosis.process.memory import keep_freed_memory

SIDE, ROUNDS = 2048, 3


def one_pass(keep: bool) -> float:
    """Seconds of the second pass over a field of ``SIDE`` pixels; the first one warms up."""
    if keep:
        keep_freed_memory()
    net = SCMitosisSeg(widths=(16, 32, 64, 128)).to(memory_format=torch.channels_last).eval()  # pyright: ignore
    field = torch.rand(1, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        net(field)
        began = time.perf_counter()
        net(field)
    return time.perf_counter() - began


def main() -> None:
    seconds: dict[str, list[float]] = {"given back": [], "kept": []}
    for _ in range(ROUNDS):
        for word, found in seconds.items():
            done = subprocess.run([sys.executable, __file__, word], capture_output=True, text=True, check=True)
            found.append(float(done.stdout))
    back, kept = (statistics.median(found) for found in seconds.values())
    print(f"freed memory given back {back:.2f} s, kept {kept:.2f} s: {back / kept:.1f} times faster")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(one_pass(sys.argv[1] == "kept"))
    else:
        main()
