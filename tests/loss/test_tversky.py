import math

import pytest
import torch
from torch import Tensor

from mitosis.loss.tversky import Tversky


def test_by_hand() -> None:
    """p = 0.75 on a mitosis, 0.5 beside it: TP 0.75, FP 0.5, FN 0.25."""
    logits = torch.tensor([math.log(3), 0.0]).view(2, 1, 1, 1)
    target = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    assert Tversky(0.2, 0.6, smooth=0.0)(logits, target).item() == pytest.approx(1 - 0.75 / (0.75 + 0.1 + 0.15))
    assert Tversky(0.2, 0.6, smooth=2.0)(logits, target).item() == pytest.approx(1 - 2.75 / 3.0)


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.7), (0.9, 0.1)])
def test_against_segmentation_models(alpha: float, beta: float) -> None:
    from segmentation_models_pytorch.losses import TverskyLoss

    torch.manual_seed(0)
    logits, target = 3 * torch.randn(4, 1, 7, 5), (torch.rand(4, 1, 7, 5) < 0.2).float()
    reference = TverskyLoss("binary", alpha=alpha, beta=beta, from_logits=True, smooth=1.0)
    torch.testing.assert_close(Tversky(alpha, beta)(logits, target), reference(logits, target))


def test_an_empty_batch_is_penalised_for_its_predictions() -> None:
    loss, empty = Tversky(), torch.zeros(1, 1, 4, 4)
    assert loss(torch.zeros(1, 1, 4, 4), empty).item() == pytest.approx(1 - 1 / (1 + 0.3 * 8))
    assert loss(torch.full((1, 1, 4, 4), -30.0), empty).item() == pytest.approx(0, abs=1e-6)


def test_ignored_pixels_by_hand(ringed: tuple[Tensor, Tensor]) -> None:
    expected = 1 - 1.75 / (1.75 + 0.3 * 0.2 + 0.7 * 0.25)
    assert Tversky()(*ringed).item() == pytest.approx(expected, rel=1e-5)
