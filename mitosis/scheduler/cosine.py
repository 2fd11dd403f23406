"""Warm-up, then half a cosine."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def cosine_schedule(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, warmup: float = 0.05, final: float = 0.0
) -> LambdaLR:
    """Linear warm-up over the share ``warmup`` of ``total_steps``, then half a cosine down to the share ``final``."""
    warm = round(warmup * total_steps)

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / (warm + 1)
        progress = min(1.0, (step - warm) / max(1, total_steps - warm))
        return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))

    return LambdaLR(optimizer, factor)
