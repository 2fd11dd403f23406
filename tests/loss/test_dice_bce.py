import math

import pytest
import torch
from torch import Tensor

from mitosis.loss.dice_bce import DiceBCE


def test_by_hand() -> None:
    """p = 0.75 on a mitosis, 0.5 beside it: Dice = 2 · 0.75 / (1.25 + 1)."""
    logits = torch.tensor([math.log(3), 0.0]).view(2, 1, 1, 1)
    target = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    bce = -(math.log(0.75) + math.log(0.5)) / 2
    assert DiceBCE(smooth=0.0)(logits, target).item() == pytest.approx(0.5 * bce + 0.5 * (1 - 1.5 / 2.25))
    assert DiceBCE(2.0, 0.1)(logits, target).item() == pytest.approx(2 * bce + 0.1 * (1 - 3.5 / 4.25))


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_against_segmentation_models(smooth: float) -> None:
    from segmentation_models_pytorch.losses import DiceLoss

    torch.manual_seed(0)
    logits, target = 3 * torch.randn(4, 1, 7, 5), (torch.rand(4, 1, 7, 5) < 0.2).float()
    dice = DiceLoss("binary", from_logits=True, smooth=smooth)(logits, target)
    bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(DiceBCE(smooth=smooth)(logits, target), 0.5 * bce + 0.5 * dice)


def test_ignored_pixels_by_hand(ringed: tuple[Tensor, Tensor]) -> None:
    bce, dice = -(math.log(0.75) + math.log(0.8)) / 2, 1 - 1.75 / (1.75 + 0.5 * 0.2 + 0.5 * 0.25)
    expected = 0.5 * bce + 0.5 * dice
    assert DiceBCE()(*ringed).item() == pytest.approx(expected, rel=1e-5)
