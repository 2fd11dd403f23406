"""Pooling with its own gradient equals the plain form."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mitosis.model.pooling import over_channels, over_pixels

Pool = Callable[[Tensor], tuple[Tensor, Tensor]]
POOLS = pytest.mark.parametrize(("pool", "dims"), [(over_pixels, (2, 3)), (over_channels, (1,))])
FORMATS = pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])


def features(layout: torch.memory_format) -> Tensor:
    values = torch.randperm(2 * 3 * 4 * 5, generator=torch.Generator().manual_seed(0)).double()  # no two are equal
    return values.view(2, 3, 4, 5).contiguous(memory_format=layout).requires_grad_()


@POOLS
@FORMATS
def test_values_and_gradients_are_those_of_mean_and_amax(
    pool: Pool, dims: tuple[int, ...], layout: torch.memory_format
) -> None:
    x = features(layout)
    plain = x.mean(dims), x.amax(dims)
    for one, other in zip(pool(x), plain, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    for weights in ((1.0, 0.0), (0.0, 1.0), (2.0, 3.0)):
        of_pool, of_plain = (
            torch.autograd.grad(sum(w * (value**2).sum() for w, value in zip(weights, values, strict=True)), x)[0]
            for values in (pool(x), (x.mean(dims), x.amax(dims)))
        )
        torch.testing.assert_close(of_pool, of_plain, rtol=1e-12, atol=0)
        assert of_pool.stride() == x.stride()


@POOLS
@FORMATS
def test_the_gradient_is_that_of_finite_differences(
    pool: Pool, dims: tuple[int, ...], layout: torch.memory_format
) -> None:
    assert torch.autograd.gradcheck(pool, (features(layout),))
    assert torch.autograd.gradgradcheck(pool, (features(layout),))


@POOLS
def test_one_of_equal_values_gets_the_gradient_of_the_maximum(pool: Pool, dims: tuple[int, ...]) -> None:
    x = torch.zeros(2, 3, 4, 5, requires_grad=True)
    pool(x)[1].sum().backward()
    assert x.grad is not None
    assert sorted(x.grad.unique().tolist()) == [0, 1]
    assert (x.grad.sum(dims) == 1).all()
