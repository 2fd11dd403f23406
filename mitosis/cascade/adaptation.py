"""Adapting networks to a slide or scanner: BatchNorm statistics of the images at hand, without labels."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.networks import tensor_of
from mitosis.inference.resolution import rescale

TILES = 64
"""Tiles from which the statistics are estimated."""
SIDE = 256
"""Side of a tile in pixels at the network's input; a smaller image gives one tile of its own size."""
SHARE = 0.5
"""Share of the new statistics; the rest stays with those of training."""


@contextmanager
def adapted(cascade: Cascade, images: Iterable[tuple[np.ndarray, float]], count: int) -> Generator[None]:
    """Give the segmenters BatchNorm statistics of the images, and put their own back at the end.

    Half of each mean and variance comes from the images, half stays with that of training. The classifiers keep theirs:
    among their crops, the share of mitotic figures would shift the statistics as well.

    Args:
        cascade: The networks.
        images: Stain-normalised images (H, W, 3) uint8 with their µm per pixel; they are read one at a time, once.
        count: How many there are.

    Source:
        Schneider et al. 2020, "Improving robustness against common corruptions by covariate shift adaptation", equation
        (2).
    """
    layers = [layer for segmenter in cascade.segmenters for layer in _norms(segmenter.model)]
    before = [{name: buffer.clone() for name, buffer in layer.named_buffers()} for layer in layers]
    tiles = [tile for number, image in enumerate(images) for tile in _tiles(cascade, *image, number, count)]
    try:
        for segmenter in cascade.segmenters:
            mix_statistics(segmenter.model, tiles, cascade.device)
        yield
    finally:
        for layer, buffers in zip(layers, before, strict=True):
            for name, buffer in layer.named_buffers():
                buffer.copy_(buffers[name])


def mix_statistics(model: nn.Module, tiles: Sequence[Tensor], device: torch.device) -> None:
    """Replace ``SHARE`` of the BatchNorm statistics of a network by those of tiles; the rest of it stays.

    Args:
        model: A network in evaluation mode; without BatchNorm layers it stays as it is.
        tiles: (3, h, w) each, in [0, 1].
        device: Where the network is.
    """
    layers = _norms(model)
    if not layers or not tiles:
        return
    before = [[value.clone() for value in _statistics(layer)] for layer in layers]
    momentum = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the mean over all batches
        layer.train()
    with torch.inference_mode():
        for batch in _batches(tiles):
            model(batch.to(device).contiguous(memory_format=torch.channels_last))
    for layer, olds, old in zip(layers, before, momentum, strict=True):
        for new, trained in zip(_statistics(layer), olds, strict=True):
            new.lerp_(trained, 1 - SHARE)
        layer.momentum = old
        layer.eval()


def _norms(model: nn.Module) -> list[nn.BatchNorm2d]:
    return [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d) and layer.track_running_stats]


def _statistics(layer: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    assert layer.running_mean is not None
    assert layer.running_var is not None
    return layer.running_mean, layer.running_var


def _tiles(cascade: Cascade, image: np.ndarray, mpp: float, number: int, count: int) -> list[Tensor]:
    """An image's share of the ``TILES``, at random places that are the same every time."""
    network_mpp = cascade.network_mpp(mpp)
    wanted = TILES * (number + 1) // count - TILES * number // count
    side = round(SIDE * network_mpp / mpp)
    places = np.random.default_rng(number)
    tiles = []
    for _ in range(wanted):
        high, wide = (min(side, length) for length in image.shape[:2])
        top = int(places.integers(image.shape[0] - high + 1))
        left = int(places.integers(image.shape[1] - wide + 1))
        tile = rescale(tensor_of(image[top : top + high, left : left + wide, :3]), mpp / network_mpp)
        stride = int(cast(Any, cascade.segmenter.model).stride)
        high, wide = (length // stride * stride for length in tile.shape[1:])
        if high and wide:
            tiles.append(tile[:, :high, :wide])
    return tiles


def _batches(tiles: Sequence[Tensor], size: int = 8) -> Iterator[Tensor]:
    """Batches of tiles of one size, in order."""
    same: list[Tensor] = []
    for tile in tiles:
        if same and (tile.shape != same[0].shape or len(same) == size):
            yield torch.stack(same)
            same = []
        same.append(tile)
    if same:
        yield torch.stack(same)
