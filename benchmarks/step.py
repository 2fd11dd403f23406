"""A training step of SCMitosis_Seg versus Lightning's default: ``python benchmarks/step.py``.

The same network (widths of 24 to 192), loss and optimiser, on batches of 16 random tiles of 256 pixels. Lightning's
default is 32 bits and one channel after the other in memory (NCHW); ours is what a run does: channels last, and half
precision where the processor calculates in it. Without ``QUICK=1``, ``compile=true`` as well, and how long its first
step takes.
"""

import copy
import time
from collections.abc import Callable

import torch
from alternating import QUICK, alternate, compare

from mitosis.cli.compose import compose
from mitosis.process.memory import keep_freed_memory
from mitosis.process.precision import MIXED, fast_precision
from mitosis.run.assembly import build_stage

BATCH, SIDE = (4, 128) if QUICK else (16, 256)
WIDTHS = "[24,48,96,192]"


def main() -> None:
    keep_freed_memory()
    torch.manual_seed(0)
    config, _ = compose("train", ["model=scmitosis_seg", "data=synthetic", f"budget.widths={WIDTHS}"])
    ours = build_stage(config).train()
    theirs = copy.deepcopy(ours).to(memory_format=torch.contiguous_format)  # pyright: ignore
    batch = {"image": torch.rand(BATCH, 3, SIDE, SIDE), "mask": (torch.rand(BATCH, 1, SIDE, SIDE) < 0.01).float()}
    precision = fast_precision("cpu")

    def loss_of_ours() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == MIXED):
            return ours.batch_loss(batch)

    def loss_of_default() -> torch.Tensor:
        return theirs.loss(theirs.model(batch["image"]), batch["mask"])

    ways = {"default": stepping(theirs, loss_of_default), "ours": stepping(ours, loss_of_ours)}
    seconds, _ = alternate(ways)
    result = f"{compare(seconds['default'], seconds['ours'])}, {precision}"
    if not QUICK:
        ours.compile_model()
        began = time.perf_counter()
        ways["ours"]()
        first = time.perf_counter() - began
        seconds, _ = alternate(ways)
        result += f"; compiled {compare(seconds['default'], seconds['ours'])}, its first step {first:.0f} s"
    print(result)


def stepping(stage: torch.nn.Module, loss: Callable[[], torch.Tensor]) -> Callable[[], None]:
    """A whole optimiser step."""
    optimizer = torch.optim.Adam(stage.parameters(), 1e-4)

    def step() -> None:
        loss().backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


if __name__ == "__main__":
    main()
