import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mitosis.loss.focal import Focal


def test_by_hand() -> None:
    """p = 0.75 on a mitosis, 0.2 beside it: α (1/4)² ln 0.75 and (1 − α) (1/5)² ln 0.8."""
    logits = torch.tensor([math.log(3), -math.log(4)]).view(2, 1, 1, 1)
    target = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    expected = -(0.25 * 0.25**2 * math.log(0.75) + 0.75 * 0.2**2 * math.log(0.8)) / 2
    assert Focal()(logits, target).item() == pytest.approx(expected, rel=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.25, 0.5, 0.9]), st.sampled_from([0.0, 1.0, 2.0, 5.0]))
def test_against_torchvision(seed: int, alpha: float, gamma: float) -> None:
    from torchvision.ops import sigmoid_focal_loss

    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(3, 1, 6, 5, generator=generator, dtype=torch.float64)
    target = (torch.rand(3, 1, 6, 5, generator=generator) < 0.3).double()
    reference = sigmoid_focal_loss(logits, target, alpha, gamma, reduction="mean")
    torch.testing.assert_close(Focal(alpha, gamma)(logits, target), reference.float())


def test_without_focusing_it_is_half_the_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(2, 1, 4, 4), torch.rand(2, 1, 4, 4)
    bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(Focal(alpha=0.5, gamma=0.0)(logits, target), bce / 2)


def test_an_easy_pixel_counts_less_than_a_hard_one() -> None:
    """Relative to cross-entropy, a pixel at p = 0.9 is down-weighted 100 times more than one at p = 0 (γ = 2)."""
    one = torch.ones(1, 1, 1, 1)
    easy = Focal(alpha=1.0)(one * math.log(9), one).item() / -math.log(0.9)
    hard = Focal(alpha=1.0)(one * -1e4, one).item() / 1e4
    assert (easy, hard) == pytest.approx((0.01, 1.0), rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_gradients_are_finite_for_every_gamma(gamma: float) -> None:
    logits = torch.tensor([-1e4, -100.0, 0.0, 100.0, 1e4]).repeat(2).view(2, 1, 1, 5).requires_grad_()
    target = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 1, 5)
    Focal(gamma=gamma)(logits, target).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_ignored_pixels_by_hand(ringed: tuple[Tensor, Tensor]) -> None:
    expected = -(0.25 * 0.25**2 * math.log(0.75) + 0.75 * 0.2**2 * math.log(0.8)) / 2
    assert Focal()(*ringed).item() == pytest.approx(expected, rel=1e-5)
