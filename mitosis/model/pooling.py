"""Mean and maximum of a feature map over its pixels or its channels, with a cheap gradient."""
# ruff: noqa: F722  (jaxtyping's shapes)

from typing import Any

from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from typing_extensions import override


def over_pixels(
    x: Float[Tensor, "batch channel height width"],
) -> tuple[Float[Tensor, "batch channel"], Float[Tensor, "batch channel"]]:
    """Mean and maximum of each channel over all pixels."""
    mean, maximum, _ = _MeanAndMaximum.apply(x.flatten(2), 2)
    return mean, maximum


def over_channels(
    x: Float[Tensor, "batch channel height width"],
) -> tuple[Float[Tensor, "batch height width"], Float[Tensor, "batch height width"]]:
    """Mean and maximum of each pixel over all channels."""
    mean, maximum, _ = _MeanAndMaximum.apply(x, 1)
    return mean, maximum


class _MeanAndMaximum(Function):
    """Mean and maximum over one dimension.

    The gradient of the maximum goes to one of the largest values. That of ``amax`` is shared between equal values,
    which takes four more passes over the whole feature map to find and count them; and here the gradients of mean and
    maximum become one feature map in the layout of ``x``, where autograd would add two, in other layouts.
    """

    @override
    @staticmethod
    def forward(x: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
        maximum, index = x.max(dim)
        return x.mean(dim), maximum, index

    @override
    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: tuple[Tensor, Tensor, Tensor]) -> None:
        x, ctx.dim = inputs
        ctx.shape, ctx.strides = x.shape, x.stride()
        ctx.mark_non_differentiable(output[2])
        ctx.save_for_backward(output[2])

    @override
    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        of_mean, of_maximum, _ = grad_outputs
        (index,) = ctx.saved_tensors
        of_x = of_mean.new_empty_strided(ctx.shape, ctx.strides)
        of_x.copy_((of_mean / ctx.shape[ctx.dim]).unsqueeze(ctx.dim))
        of_x.scatter_add_(ctx.dim, index.unsqueeze(ctx.dim), of_maximum.unsqueeze(ctx.dim))
        return of_x, None
