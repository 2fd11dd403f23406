"""One rate."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def constant_schedule(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> LambdaLR:
    """The same rate for all steps."""
    return LambdaLR(optimizer, lambda step: 1.0)
