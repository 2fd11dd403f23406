"""Linear warm-up, then cosine decay."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def cosine_schedule(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, warmup: float = 0.05, final: float = 0.0
) -> LambdaLR:
    """Linear warm-up, then half a cosine down to a fraction of the learning rate.

    Args:
        optimizer: The optimiser.
        total_steps: Optimiser steps of the run.
        steps_per_epoch: Optimiser steps per epoch; not used.
        warmup: Length of the warm-up as a fraction of ``total_steps``.
        final: Final learning rate as a fraction of the optimiser's.
    """
    warmup_steps = round(warmup * total_steps)

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / (warmup_steps + 1)
        progress = min(1.0, (step - warmup_steps) / max(1, total_steps - warmup_steps))
        return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))

    return LambdaLR(optimizer, factor)
