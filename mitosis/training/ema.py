"""An exponential moving average of the weights that is not held back by the first steps."""

from collections.abc import Callable
from typing import Any

from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn


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

    def update(averages: list[Tensor], values: list[Tensor], updates: Tensor | int) -> None:
        count = int(updates)
        get_ema_multi_avg_fn(min(decay, (1.0 + count) / (10.0 + count)))(averages, values, updates)

    return update
