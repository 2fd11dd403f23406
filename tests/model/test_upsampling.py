"""Bilinear upsampling by 2 by hand, and its gradient."""

import pytest
import torch

from mitosis.model.upsampling import doubled


def test_upsampling_by_hand() -> None:
    x = torch.tensor([[[[0.0, 4.0]]]])
    assert doubled(x).tolist() == [[[[0.0, 1.0, 3.0, 4.0], [0.0, 1.0, 3.0, 4.0]]]]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 4)])
def test_the_gradient_is_that_of_finite_differences(layout: torch.memory_format, height: int, width: int) -> None:
    x = torch.rand(2, 3, height, width, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    assert torch.autograd.gradcheck(doubled, (x,))


def test_the_gradient_is_transposed_upsampling() -> None:
    x = torch.zeros(1, 1, 1, 2, requires_grad=True)
    (doubled(x) * torch.tensor([1.0, 10.0, 100.0, 1000.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.flatten().tolist() == [2 * (1 + 7.5 + 25), 2 * (2.5 + 75 + 1000)]
