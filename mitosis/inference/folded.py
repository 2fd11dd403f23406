"""A network whose BatchNorm layers are folded into the convolutions before them: the same results in fewer passes."""

import copy
from typing import Any, cast

import torch
from torch import Tensor, nn

CLOSE = 1.0e-5
"""How far the results may lie apart, relative to the largest; more means that the folding was wrong."""
SAMPLE = 64
"""Side of the part of an image on which a folded segmenter is tried, in pixels."""


def folded(model: nn.Module, sample: Tensor) -> nn.Module:
    """A network for inference with the results of ``model`` up to rounding; ``model`` itself if nothing can be folded.

    Which layer follows which is seen by running the sample. A layer that is called twice, or whose input has changed
    since the convolution, stays as it is.

    Args:
        model: A network in evaluation mode. On a GPU it stays as it is: convolutions round more there.
        sample: Images (n, 3, h, w) that it accepts; the smaller, the faster.
    """
    if sample.device.type != "cpu" or not any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules()):
        return model
    copied = copy.deepcopy(model)
    with torch.inference_mode(False), torch.no_grad():  # tensors of inference mode count no changes
        sample = sample.clone(memory_format=torch.channels_last)
        expected, pairs = _pairs(copied, sample)
        for convolution, norm in pairs:
            _fold(convolution, norm)
        rest = {norm: nn.Sequential(*norm.children()) for _, norm in pairs}  # timm's layers hold their activation
        for parent in list(copied.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.BatchNorm2d) and child in rest:
                    setattr(parent, name, rest[child])
        apart = (copied(sample) - expected).abs().max()
    return copied if apart <= CLOSE * max(1.0, float(expected.abs().max())) else model


def folded_for(model: nn.Module, image: Tensor) -> nn.Module:
    """``folded`` for a segmenter and an image (3, H, W), of which a corner is the sample."""
    stride = int(cast(Any, model).stride)
    high, wide = (min(length // stride, -(-SAMPLE // stride)) * stride for length in image.shape[1:])
    return folded(model, image[None, :, :high, :wide]) if high and wide else model


def _pairs(model: nn.Module, sample: Tensor) -> tuple[Tensor, list[tuple[nn.Conv2d, nn.BatchNorm2d]]]:
    """The network's output, and each convolution with the BatchNorm that takes its output unchanged."""
    made: dict[int, tuple[nn.Conv2d, Tensor, int]] = {}  # the outputs are kept, so that no id is used twice
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []

    def after(layer: nn.Conv2d, _: Any, output: Tensor) -> None:
        made[id(output)] = (layer, output, output._version)

    def before(layer: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        convolution, _, version = made.get(id(inputs[0]), (None, None, 0))
        if convolution is not None and inputs[0]._version == version and layer.track_running_stats:
            pairs.append((convolution, layer))

    handles: list[Any] = []
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            handles.append(layer.register_forward_hook(after))
        elif isinstance(layer, nn.BatchNorm2d):
            handles.append(layer.register_forward_pre_hook(before))
    output = model(sample)
    for handle in handles:
        handle.remove()
    calls = [layer for layer, _, _ in made.values()] + [norm for _, norm in pairs]
    return output, [pair for pair in pairs if all(calls.count(layer) == 1 for layer in pair)]


def _fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Give a convolution the results that the BatchNorm makes of them, computed in 64 bits."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale, shift = (norm.running_var.double() + norm.eps).rsqrt(), -norm.running_mean.double()
    if norm.affine:
        scale = scale * norm.weight.double()
    bias = shift if convolution.bias is None else shift + convolution.bias.double()
    bias = bias * scale + (norm.bias.double() if norm.affine else 0.0)
    weight = (convolution.weight.double() * scale[:, None, None, None]).to(convolution.weight.dtype)
    convolution.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
    convolution.bias = nn.Parameter(bias.to(weight.dtype), requires_grad=False)
