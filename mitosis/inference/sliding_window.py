"""A network over an image of any size: overlapping windows, and how they are blended into one map."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from mitosis.errors import InputError

FALLBACK_WINDOW = 2048


@dataclass(frozen=True)
class Tiling:
    """How a network is run over a field: a recipe's ``tiling``.

    ``mpp``: µm per pixel that the network sees, None for the field's own. ``window``: side in pixels, ``whole``, or
    ``auto`` for the one that does best on val. ``overlap``: of neighbouring windows, in pixels. ``blend``: mean or
    weighted. ``batch``: windows of 256 pixels in one pass. ``max_pixels``: a larger field is never run whole.
    """

    mpp: float | None
    window: int | str
    overlap: int
    blend: Literal["mean", "weighted"]
    batch: int
    max_pixels: int


def starts(size: int, window: int, overlap: int, stride: int) -> list[int]:
    """Where windows along one side begin: the first at 0, the last ending at ``size``, evenly placed between.

    All in pixels; ``size`` and ``window`` are multiples of ``stride``, size ≥ window. Neighbours overlap by at least
    ``overlap``. Every start is a multiple of ``stride``: shifted by less, a network that downsamples would see
    another phase and answer differently from a pass over the whole field.
    """
    free = (size - window) // stride
    if not free:
        return [0]
    gaps = -(-free // ((window - overlap) // stride))
    return [i * free // gaps * stride for i in range(gaps + 1)]


def predict(
    net: Callable[[Tensor], Tensor],
    image: Float[Tensor, "..."],
    *,
    window: int | None,
    overlap: int,
    stride: int,
    blend: str,
    batch: int,
    max_pixels: int,
) -> Float32[Tensor, "height width"]:
    """Probability map of a whole image, (H, W) float32 on the CPU.

    ``net``: (b, 3, h, w) → (b, 1, h, w) probabilities, in evaluation mode, on the device of ``image``, (3, H, W) float.
    ``window``: side in pixels, a multiple of ``stride``; None = the whole image in one pass, or windows of 2048 where
    it has more than ``max_pixels``. The image is extended to the right and below, by reflection, to multiples of
    ``stride`` and to at least one window; the extension is cut off the map. ``blend``: "mean" divides by the number of
    overlaps (SCMitosis section 3.1.4, whose 2×2 windows of 2048 on 2084 this gives); "weighted" lets a window's
    centre count more than its border, where a network sees least. ``batch``: windows per call of ``net``.

    A window's answer is that of a pass over the whole image wherever the network's receptive field lies inside the
    window. Nearer to an inner border of a window, it is not, and is blended all the same.
    Raises InputError for settings that cannot be met, ValueError for an image or an answer of another shape.
    """
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(f"the image has the shape {tuple(image.shape)}, not (3, H, W)")
    if batch < 1:
        raise InputError(f"tiling.batch={batch}: give 1 or more")
    if blend not in ("mean", "weighted"):
        raise InputError(f"tiling.blend={blend}: give mean or weighted")
    height, width = image.shape[1:]
    if window is None and height * width > max_pixels:
        window = _up(FALLBACK_WINDOW, stride)
    if window is None:
        high, wide = _up(height, stride), _up(width, stride)
    else:
        _check(window, overlap, stride)
        high = wide = window
    image = _reflected(image, max(_up(height, stride), high), max(_up(width, stride), wide))
    places = [
        (slice(y, y + high), slice(x, x + wide))
        for y in starts(image.shape[1], high, overlap, stride)
        for x in starts(image.shape[2], wide, overlap, stride)
    ]
    # In float64 the average of equal float32 values is that value: blending alone changes nothing.
    weight = torch.outer(_profile(high, blend), _profile(wide, blend))
    total = torch.zeros(image.shape[1:], dtype=torch.float64)
    share = torch.zeros_like(total)
    for first in range(0, len(places), batch):
        some = places[first : first + batch]
        answers = _answers(net, torch.stack([image[:, y, x] for y, x in some]))
        for place, answer in zip(some, answers, strict=True):
            total[place] += weight * answer
            share[place] += weight
    return (total / share)[:height, :width].float()


def _answers(
    net: Callable[[Tensor], Tensor], windows: Float[Tensor, "batch 3 height width"]
) -> Float32[Tensor, "batch height width"]:
    with torch.inference_mode():
        answers = net(windows)
        if answers.shape != (len(windows), 1, *windows.shape[2:]):
            raise ValueError(f"the network answers {tuple(windows.shape)} with {tuple(answers.shape)}")
        return answers[:, 0].float().cpu()


def _check(window: int, overlap: int, stride: int) -> None:
    if window < 1 or window % stride:
        raise InputError(f"tiling.window={window}: give a multiple of the model's stride, {stride}")
    if not 0 <= overlap <= window - stride:
        raise InputError(f"tiling.overlap={overlap}: give 0 to {window - stride} for windows of {window}")


def _up(size: int, stride: int) -> int:
    return -(-size // stride) * stride


def _reflected(image: Float[Tensor, "3 _ _"], height: int, width: int) -> Float[Tensor, "3 {height} {width}"]:
    """Extended to the right and below; a side of n pixels is reflected as often as it takes, one of 1 is repeated."""
    for axis, size in ((1, height), (2, width)):
        more = size - image.shape[axis]
        if more:
            index = np.pad(np.arange(image.shape[axis]), (0, more), mode="reflect")
            image = image.index_select(axis, torch.from_numpy(index).to(image.device))
    return image


def _profile(size: int, blend: str) -> Float64[Tensor, " {size}"]:
    if blend == "mean":
        return torch.ones(size, dtype=torch.float64)
    # Hann's bell sampled between its zeros: positive everywhere, so that no pixel is left without weight.
    return torch.sin(torch.pi * (torch.arange(size, dtype=torch.float64) + 0.5) / size) ** 2
