"""Step decay."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import StepLR


def step_schedule(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, every: int = 50, factor: float = 0.1
) -> StepLR:
    """Multiply the learning rate by ``factor`` every ``every`` epochs.

    Args:
        optimizer: The optimiser.
        total_steps: Optimiser steps of the run; not used.
        steps_per_epoch: Optimiser steps per epoch.
        every: Number of epochs between two reductions.
        factor: Factor of the learning rate.

    Raises:
        ValueError: ``every`` is not a whole number of at least 1.

    Source:
        "Detecting Mitosis Cells using U-Nets" (section VI.B).
    """
    if every < 1 or every != int(every):
        raise ValueError(f"every={every}: give a whole number of epochs, 1 or more")
    return StepLR(optimizer, every * steps_per_epoch, factor)
