"""Down by a factor when the scores on val no longer rise."""

import math
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau


def plateau_schedule(
    optimizer: Optimizer, *, total_steps: int, steps_per_epoch: int, factor: float = 0.1, patience: int = 10
) -> "Plateau":
    """Times ``factor`` when more than ``patience`` scores on val in a row were no higher than the best before."""
    return Plateau(optimizer, "max", factor, patience)


class Plateau(ReduceLROnPlateau):
    """torch's, but each score on val comes by ``observe``, and Lightning's calls of ``step`` do nothing.

    Lightning would pass the score only after the epoch's checkpoint is written: a run that goes on would miss one.
    """

    def step(self, metrics: Any = None, epoch: Any = None) -> None:
        """Does nothing: a step of the optimiser is no score."""

    def observe(self, score: float) -> None:
        """Move on by a score on val; an undefined one (nan) says nothing about a plateau."""
        if not math.isnan(score):
            super().step(score)
