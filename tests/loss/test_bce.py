import math

import pytest
import torch
from torch import Tensor

from mitosis.loss.bce import BCE


def test_by_hand() -> None:
    """p = 0.8 on a mitosis, 0.5 and 0.2 beside it: −(ln 0.8 + ln 0.5 + ln 0.8) / 3."""
    logits = torch.tensor([math.log(4), 0.0, -math.log(4)]).view(1, 1, 1, 3)
    target = torch.tensor([1.0, 0.0, 0.0]).view(1, 1, 1, 3)
    assert BCE()(logits, target).item() == pytest.approx(-(2 * math.log(0.8) + math.log(0.5)) / 3, rel=1e-6)


def test_a_wrong_pixel_costs_its_logit() -> None:
    assert BCE()(torch.full((1, 1, 1, 1), -1e4), torch.ones(1, 1, 1, 1)).item() == 1e4


def test_ignored_pixels_by_hand(ringed: tuple[Tensor, Tensor]) -> None:
    expected = -(math.log(0.75) + math.log(0.8)) / 2
    assert BCE()(*ringed).item() == pytest.approx(expected, rel=1e-5)
