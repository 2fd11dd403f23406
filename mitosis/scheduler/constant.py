"""Constant learning rate."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def constant_schedule(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> LambdaLR:
    """The optimiser's learning rate for all steps.

    Args:
        optimizer: The optimiser.
        total_steps: Optimiser steps of the run; not used.
        steps_per_epoch: Optimiser steps per epoch; not used.
    """
    return LambdaLR(optimizer, lambda step: 1.0)
