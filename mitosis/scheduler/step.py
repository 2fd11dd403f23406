"""Down by a factor every so many epochs."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import StepLR


def step_schedule(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, every: int = 50, factor: float = 0.1
) -> StepLR:
    """Times ``factor`` every ``every`` epochs: "Detecting Mitosis Cells using U-Nets" (section VI.B)."""
    if every < 1 or every != int(every):
        raise ValueError(f"every={every}: give a whole number of epochs, 1 or more")
    return StepLR(optimizer, every * steps_per_epoch, factor)
