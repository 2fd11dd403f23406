"""The segmenter on a whole field, with and without keeping freed memory: ``python benchmarks/allocator.py``.

Both variants alternate, each in its own process; prints the ratio of the medians.
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
    """Seconds for the second pass over a field of ``SIDE`` × ``SIDE`` pixels; the first pass is a warm-up."""
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
        for word, times in seconds.items():
            process = subprocess.run([sys.executable, __file__, word], capture_output=True, text=True, check=True)
            times.append(float(process.stdout))
    back, kept = (statistics.median(times) for times in seconds.values())
    print(f"freed memory given back {back:.2f} s, kept {kept:.2f} s: {back / kept:.1f} times faster")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(one_pass(sys.argv[1] == "kept"))
    else:
        main()
