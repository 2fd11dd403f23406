"""A batch small enough to work out by hand, shared by the tests of losses."""

import math

import pytest
import torch
from torch import Tensor

from mitosis.image.mask_value import IGNORED


@pytest.fixture
def ringed() -> tuple[Tensor, Tensor]:
    """Logits and target: p = 0.75 on a mitotic pixel, p = 0.2 on another, and two ignored pixels with large errors."""
    logits = torch.tensor([math.log(3), 50.0, -math.log(4), -50.0]).view(2, 1, 1, 2)
    return logits, torch.tensor([1.0, IGNORED, 0.0, IGNORED]).view(2, 1, 1, 2)
