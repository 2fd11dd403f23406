"""Once up and down."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR


def one_cycle_schedule(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> OneCycleLR:
    """Up to the optimiser's rate over 30 % of ``total_steps`` and down to almost nothing (Smith & Topin 2018).

    Momentum, or Adam's first β, falls from 0.95 to 0.85 and comes back meanwhile.
    """
    return _OneCycle(optimizer, [group["lr"] for group in optimizer.param_groups], total_steps)


class _OneCycle(OneCycleLR):
    """torch's, but its length is not part of its state: torch's cannot be stepped beyond the one it was saved with."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        length = ("total_steps", "_schedule_phases")
        super().load_state_dict({key: value for key, value in state_dict.items() if key not in length})
