"""An exponential moving average of the weights that is not held back by the first steps."""

from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor


class WarmEMA(WeightAveraging):
    """Averages weights and buffers with the decay min(``decay``, (1 + n) / (10 + n)) after n updates.

    With a constant decay of 0.999, a run of 600 steps would end with more than half of its first step's weights.

    Args:
        decay: Final decay, in (0, 1).

    Source:
        The rule for the decay is that of TensorFlow's ``ExponentialMovingAverage`` with ``num_updates``.
    """

    def __init__(self, decay: float) -> None:
        super().__init__(multi_avg_fn=averaging(decay))


def averaging(decay: float) -> Callable[[Any, Any, Any], None]:
    """The update of a list of averages by the current values, after a number of earlier updates."""

    @torch.no_grad()
    def update(averages: list[Tensor], values: list[Tensor], updates: Tensor | int) -> None:
        count = int(updates)
        share = 1.0 - min(decay, (1.0 + count) / (10.0 + count))
        if averages[0].is_floating_point():  # torch calls this once for every dtype
            torch._foreach_lerp_(averages, values, share)
        else:  # such as BatchNorm's counter
            torch._foreach_copy_(averages, values)

    return update
