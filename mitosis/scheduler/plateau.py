"""Reducing the learning rate when the score on val stops improving."""

import math
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau


def plateau_schedule(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, factor: float = 0.1, patience: int = 10
) -> "Plateau":
    """Multiply the rate by ``factor`` after more than ``patience`` consecutive scores on val without a new best.

    Args:
        optimizer: The optimiser.
        total_steps: Optimiser steps of the run; not used.
        steps_per_epoch: Optimiser steps per epoch; not used.
        factor: Factor of the learning rate.
        patience: Number of scores without improvement that are tolerated.
    """
    return Plateau(optimizer, "max", factor, patience)


class Plateau(ReduceLROnPlateau):
    """``ReduceLROnPlateau`` that receives each score on val through ``observe``; ``step`` does nothing.

    Lightning would pass the score to ``step`` only after the epoch's checkpoint is written, so a resumed run would
    miss one score.
    """

    def step(self, metrics: Any = None, epoch: Any = None) -> None:
        """Does nothing, because an optimiser step has no score."""

    def observe(self, score: float) -> None:
        """Advance by one score on val; an undefined score (nan) is ignored."""
        if not math.isnan(score):
            super().step(score)
