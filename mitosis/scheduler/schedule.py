"""Learning-rate schedules: functions of the optimiser, the run's number of steps, and that of an epoch.

Each moves with every step of the optimiser, ``plateau`` alone with every score on val. None may keep ``total_steps`` in
its state, which lies in the checkpoint: a run that goes on may be longer than it was.
"""

import math
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau, StepLR


def cosine(
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


def constant(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> LambdaLR:
    """The same rate for all steps."""
    return LambdaLR(optimizer, lambda step: 1.0)


def step(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, every: int = 50, factor: float = 0.1
) -> StepLR:
    """Times ``factor`` every ``every`` epochs: "Detecting Mitosis Cells using U-Nets" (section VI.B)."""
    if every < 1 or every != int(every):
        raise ValueError(f"every={every}: give a whole number of epochs, 1 or more")
    return StepLR(optimizer, every * steps_per_epoch, factor)


def one_cycle(optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int) -> OneCycleLR:
    """Up to the optimiser's rate over 30 % of ``total_steps`` and down to almost nothing (Smith & Topin 2018).

    Momentum, or Adam's first β, falls from 0.95 to 0.85 and comes back meanwhile.
    """
    return _OneCycle(optimizer, [group["lr"] for group in optimizer.param_groups], total_steps)


class _OneCycle(OneCycleLR):
    """torch's, but its length is not part of its state: torch's cannot be stepped beyond the one it was saved with."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        length = ("total_steps", "_schedule_phases")
        super().load_state_dict({key: value for key, value in state_dict.items() if key not in length})


def plateau(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, factor: float = 0.1, patience: int = 10
) -> "Plateau":
    """Times ``factor`` when more than ``patience`` scores on val in a row were no higher than the best before."""
    return Plateau(optimizer, "max", factor, patience)


class Plateau(ReduceLROnPlateau):
    """torch's, told each score on val by ``observe``; Lightning's calls of ``step`` do nothing.

    Lightning would tell it the score only after the epoch's checkpoint is written: a run that goes on would miss one.
    """

    def step(self, metrics: Any = None, epoch: Any = None) -> None:
        """Nothing: a step of the optimiser is none of the plateau's."""

    def observe(self, score: float) -> None:
        """Move on by a score on val; an undefined one (nan) says nothing about a plateau."""
        if not math.isnan(score):
            super().step(score)
