import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mitosis.loss.bce_tversky import BCETversky


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def test_by_hand() -> None:
    """Two tiles of two pixels: p = 0.8 and 0.4 on mitoses, 0.5 and 0.1 beside them; one ratio for both tiles."""
    logits = torch.tensor([logit(p) for p in (0.8, 0.5, 0.4, 0.1)]).view(2, 1, 1, 2)
    target = torch.tensor([1.0, 0.0, 1.0, 0.0]).view(2, 1, 1, 2)
    bce = -(math.log(0.8) + math.log(0.5) + math.log(0.4) + math.log(0.9)) / 4
    tp, fp, fn = 1.2, 0.6, 0.8
    assert BCETversky(smooth=0.0)(logits, target).item() == pytest.approx(
        0.3 * bce + 0.7 * (1 - tp / (tp + 0.3 * fp + 0.7 * fn)), rel=1e-6
    )
    assert BCETversky()(logits, target).item() == pytest.approx(
        0.3 * bce + 0.7 * (1 - (tp + 1) / (tp + 0.3 * fp + 0.7 * fn + 1)), rel=1e-6
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 1.0]))
def test_against_segmentation_models(seed: int, smooth: float) -> None:
    from segmentation_models_pytorch.losses import TverskyLoss

    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(3, 1, 6, 5, generator=generator)
    target = (torch.rand(3, 1, 6, 5, generator=generator) < 0.3).float()
    target[0, 0, 0, 0] = 1.0  # theirs is 0 for an empty batch
    reference = TverskyLoss("binary", alpha=0.3, beta=0.7, from_logits=True, smooth=smooth)(logits, target)
    bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(BCETversky(smooth=smooth)(logits, target), 0.3 * bce + 0.7 * reference)


def test_a_missed_pixel_costs_more_than_a_false_one() -> None:
    target = torch.zeros(1, 1, 4, 4)
    target[..., :2, :] = 1.0
    perfect = 20 * (2 * target - 1)
    missed, false = perfect.clone(), perfect.clone()
    missed[..., 0, 0] *= -1
    false[..., 3, 3] *= -1
    loss = BCETversky(bce_weight=0.0)
    assert loss(perfect, target) < loss(false, target) < loss(missed, target)


def test_ignored_pixels_by_hand(ringed: tuple[Tensor, Tensor]) -> None:
    bce, tversky = -(math.log(0.75) + math.log(0.8)) / 2, 1 - 1.75 / (1.75 + 0.3 * 0.2 + 0.7 * 0.25)
    expected = 0.3 * bce + 0.7 * tversky
    assert BCETversky()(*ringed).item() == pytest.approx(expected, rel=1e-5)
