"""One-cycle policy."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR


def one_cycle_schedule(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> OneCycleLR:
    """Increase to the optimiser's learning rate over 30 % of ``total_steps``, then decrease to almost zero.

    Meanwhile the momentum, or Adam's β1, falls from 0.95 to 0.85 and rises again.

    Args:
        optimizer: The optimiser.
        total_steps: Optimiser steps of the run.
        steps_per_epoch: Optimiser steps per epoch; not used.

    Source:
        Smith & Topin 2018.
    """
    return _OneCycle(optimizer, [group["lr"] for group in optimizer.param_groups], total_steps)


class _OneCycle(OneCycleLR):
    """Keeps the length out of the state; torch's own cannot be stepped beyond the length it was saved with."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        length = ("total_steps", "_schedule_phases")
        super().load_state_dict({key: value for key, value in state_dict.items() if key not in length})
