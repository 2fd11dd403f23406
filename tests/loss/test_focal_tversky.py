import math

import pytest
import torch
from torch.nn import functional

from mitosis.loss.focal_tversky import FocalTversky
from mitosis.loss.tversky import Tversky


def test_by_hand() -> None:
    """p = 0.75 on a mitosis, 0.2 beside it: the focal term is the mean of (1/4)² ln 4/3 and (1/5)² ln 5/4."""
    logits = torch.tensor([math.log(3), -math.log(4)]).view(2, 1, 1, 1)
    target = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    focal = (0.25**2 * math.log(4 / 3) + 0.2**2 * math.log(5 / 4)) / 2
    tversky = 1 - (0.75 + 1) / (0.75 + 0.3 * 0.2 + 0.7 * 0.25 + 1)
    assert FocalTversky()(logits, target).item() == pytest.approx(0.3 * focal + 0.7 * tversky, rel=1e-5)


def test_without_focusing_it_is_bce_and_tversky() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(2, 1, 6, 6), (torch.rand(2, 1, 6, 6) > 0.7).float()
    expected = 0.3 * functional.binary_cross_entropy_with_logits(logits, target) + 0.7 * Tversky()(logits, target)
    torch.testing.assert_close(FocalTversky(gamma=0.0)(logits, target), expected)
