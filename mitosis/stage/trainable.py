"""What the optimiser trains."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn


def trainable(model: nn.Module, optimizer: Callable[..., Any]) -> Any:
    """The parameters of a network, or its own groups if it trains a pretrained part more slowly.

    Args:
        model: The network. Its method ``parameter_groups``, if any, is called with the learning rate.
        optimizer: Constructor of the optimiser, with its learning rate bound as ``lr``.
    """
    groups = getattr(model, "parameter_groups", None)
    return model.parameters() if groups is None else groups(inspect.signature(optimizer).parameters["lr"].default)
