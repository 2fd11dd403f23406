"""Sliding-window inference on an image of any size: overlapping windows blended into one map."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from mitosis.errors import InputError

FALLBACK_WINDOW = 2048
INNER = "inner"
"""The blend of windows whose margins count only where no other window has the pixel in its inner part."""
MARGINAL = 1.0e-9
"""Weight of a pixel in a margin along one side; a difference of 1 there changes the map by no more."""


@dataclass(frozen=True)
class Tiling:
    """Settings of sliding-window inference: the recipe's ``tiling``.

    Attributes:
        mpp: µm per pixel at the network's input; None for the field's own.
        window: Side in pixels, ``whole``, or ``auto`` for the window with the best AP on val.
        overlap: Overlap of neighbouring windows in pixels.
        blend: ``mean`` or ``weighted``.
        batch: Windows of 256 × 256 pixels per forward pass.
        max_pixels: Larger fields are always split into windows.
    """

    mpp: float | None
    window: int | str
    overlap: int
    blend: Literal["mean", "weighted"]
    batch: int
    max_pixels: int


def starts(size: int, window: int, overlap: int, stride: int) -> list[int]:
    """Start positions of the windows along one side: evenly spaced from 0 to ``size - window``.

    All values are in pixels; ``size`` and ``window`` are multiples of ``stride``, and size ≥ window. Neighbours overlap
    by at least ``overlap``. Every start is a multiple of ``stride``, because a network with downsampling is equivariant
    only to such shifts: at any other start its output would differ from that of a pass over the whole field.
    """
    free = (size - window) // stride
    if not free:
        return [0]
    gaps = -(-free // ((window - overlap) // stride))
    return [i * free // gaps * stride for i in range(gaps + 1)]


def fitted(size: int, core: int, margin: int, stride: int) -> int:
    """Side of the fewest equal windows along ``size`` pixels whose inner parts have about ``core`` pixels each.

    The side is a multiple of ``stride``, no longer than needed, and at most ``core + 2 * margin``, so memory does not
    grow with ``size``. A smaller core than four margins counts as four: no other window then reaches the first
    ``margin`` pixels of the image, where the first window sees all there is. For example, 2 windows of 560 cover 1024
    pixels with an overlap of 2 · 48:

    >>> fitted(1024, core=512, margin=48, stride=16)
    560
    """
    size, core = _up(size, stride), max(core, 4 * margin)
    count = -(-size // core)
    return min(size, _up(-(-(size + 2 * margin * (count - 1)) // count), stride))


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
    margin: int = 0,
) -> Float32[Tensor, "height width"]:
    """Probability map of a whole image, (H, W) float32 on the CPU.

    The image is padded on the right and bottom by reflection, to multiples of ``stride`` and at least one window; the
    padding is cropped from the map. A window's output equals that of a pass over the whole image wherever the network's
    receptive field lies inside the window; closer to its inner borders the two differ, and the windows are averaged.

    Args:
        net: Maps (b, 3, h, w) to probabilities (b, 1, h, w); in evaluation mode, on the image's device.
        image: (3, H, W) float.
        window: Side in pixels, a multiple of ``stride``. None runs the whole image in one pass, or in windows of 2048
            if it has more than ``max_pixels``.
        overlap: Smallest overlap of neighbouring windows in pixels.
        stride: The network's total downsampling factor.
        blend: "mean" weighs all windows equally; "weighted" gives a window's centre more weight than its border, where
            the network has the least context.
        batch: Windows per call of ``net``.
        max_pixels: Largest image, in pixels, that is run in one pass.
        margin: For a network whose output depends on no pixel farther away than so many; a multiple of ``stride``. The
            map is then that of one pass over the whole image, in windows as ``fitted`` to a core of ``window`` pixels;
            ``overlap`` and ``blend`` are not used.

    Returns:
        (H, W) float32 in [0, 1].

    Raises:
        InputError: The settings contradict each other or the network's stride.
        ValueError: The image or the network's output has another shape.

    Source:
        SCMitosis (section 3.1.4): the mean over 2 × 2 windows of 2048 on a side of 2084.
    """
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(f"the image has the shape {tuple(image.shape)}, not (3, H, W)")
    if batch < 1:
        raise InputError(f"tiling.batch={batch}: give 1 or more")
    if blend not in ("mean", "weighted"):
        raise InputError(f"tiling.blend={blend}: give mean or weighted")
    height, width = image.shape[1:]
    if window is None and (margin or height * width > max_pixels):
        window = _up(FALLBACK_WINDOW, stride)
    if window is not None and margin:
        high, wide = (fitted(side, window, margin, stride) for side in (height, width))
        overlap, blend = 2 * margin, INNER
    elif window is None:
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
    # In float64 the average of equal float32 values is exactly that value, so blending adds no rounding error.
    weight = torch.outer(profile(high, blend, margin), profile(wide, blend, margin))
    total = torch.zeros(image.shape[1:], dtype=torch.float64)
    weights = torch.zeros_like(total)
    for first in range(0, len(places), batch):
        places_in_batch = places[first : first + batch]
        maps = _forward(net, torch.stack([image[:, y, x] for y, x in places_in_batch]))
        for place, window_map in zip(places_in_batch, maps, strict=True):
            total[place] += weight * window_map
            weights[place] += weight
    return (total / weights)[:height, :width].float()


def _forward(
    net: Callable[[Tensor], Tensor], windows: Float[Tensor, "batch 3 height width"]
) -> Float32[Tensor, "batch height width"]:
    with torch.inference_mode():
        maps = net(windows)
        if maps.shape != (len(windows), 1, *windows.shape[2:]):
            raise ValueError(f"the network answers {tuple(windows.shape)} with {tuple(maps.shape)}")
        return maps[:, 0].float().cpu()


def _check(window: int, overlap: int, stride: int) -> None:
    if window < 1 or window % stride:
        raise InputError(f"tiling.window={window}: give a multiple of the model's stride, {stride}")
    if not 0 <= overlap <= window - stride:
        raise InputError(f"tiling.overlap={overlap}: give 0 to {window - stride} for windows of {window}")


def _up(size: int, stride: int) -> int:
    return -(-size // stride) * stride


def _reflected(image: Float[Tensor, "3 _ _"], height: int, width: int) -> Float[Tensor, "3 {height} {width}"]:
    """Pad on the right and bottom; reflects repeatedly if needed, and repeats a side of 1 pixel."""
    for axis, size in ((1, height), (2, width)):
        missing = size - image.shape[axis]
        if missing:
            index = np.pad(np.arange(image.shape[axis]), (0, missing), mode="reflect")
            image = image.index_select(axis, torch.from_numpy(index).to(image.device))
    return image


def profile(size: int, blend: str, margin: int = 0) -> Float64[Tensor, " {size}"]:
    """The weight of a window along one side of ``size`` pixels; ``blend`` as in ``predict``, or ``INNER``."""
    if blend == INNER:
        weights = torch.ones(size, dtype=torch.float64)
        weights[:margin] = weights[size - margin :] = MARGINAL
        return weights
    if blend == "mean":
        return torch.ones(size, dtype=torch.float64)
    # A Hann window sampled between its zeros: positive everywhere, so every pixel has some weight.
    return torch.sin(torch.pi * (torch.arange(size, dtype=torch.float64) + 0.5) / size) ** 2
