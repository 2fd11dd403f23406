"""Reads whole slides, only the regions that are needed."""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import openslide
from PIL import Image

from mitosis.errors import InputError
from mitosis.image.tissue import is_tissue

SLIDES = (".svs", ".tif", ".tiff", ".ndpi", ".scn", ".bif", ".svslide", ".dcm")
"""Suffixes of the formats that OpenSlide reads and that keep all pixels in a single file."""

_ACROSS = 32
"""Approximate number of pixels per axis sampled in a square to detect tissue."""
_PLACES = 8
"""Number of sampled places per axis if no level is coarse enough to read the whole square."""
_CACHE = 2**22
"""Bytes of decoded tiles that an open slide caches for neighbouring regions."""


def slide_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(height, width) of a slide at full resolution. Raises ``InputError`` if it is missing or not a slide."""
    width, height = _opened(str(path), os.getpid()).dimensions
    return height, width


def slide_mpp(path: str | os.PathLike[str]) -> float | None:
    """µm per pixel at full resolution, the mean of both axes; None if the slide does not give it.

    Raises ``InputError`` as ``slide_size``.
    """
    properties = _opened(str(path), os.getpid()).properties
    axes = [float(properties.get(name, 0)) for name in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y)]
    return sum(axes) / 2 if min(axes) > 0 else None


def read_region(path: str | os.PathLike[str], *, x: int, y: int, width: int, height: int) -> np.ndarray:
    """Read a region of a slide at full resolution. Areas that were not scanned are white.

    Args:
        path: The slide.
        x: Left edge of the region in pixels.
        y: Upper edge of the region in pixels.
        width: Width of the region in pixels.
        height: Height of the region in pixels.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        InputError: The file is missing, not a slide or damaged.
    """
    return _read(str(path), (x, y), 0, (width, height))


def tissue_share(path: str | os.PathLike[str], *, x: int, y: int, side: int) -> float:
    """The share of tissue, in [0, 1], in a square of ``side`` pixels with the upper left corner (x, y).

    It is estimated at a coarse resolution. Raises ``InputError`` as ``read_region``.
    """
    slide = _opened(str(path), os.getpid())
    level = slide.get_best_level_for_downsample(max(1.0, side / _ACROSS))
    across = max(1, round(side / slide.level_downsamples[level]))
    if across <= 8 * _ACROSS:
        step = max(1, across // _ACROSS)
        return float(is_tissue(_read(str(path), (x, y), level, (across, across))[::step, ::step].copy()).mean())
    # No level is coarse enough: sample a few evenly spaced places.
    steps = [round((place + 0.5) / _PLACES * side) for place in range(_PLACES)]
    samples = [_read(str(path), (x + dx, y + dy), 0, (_ACROSS, _ACROSS)) for dy in steps for dx in steps]
    return float(np.mean([is_tissue(sample).mean() for sample in samples]))


def _read(path: str, place: tuple[int, int], level: int, size: tuple[int, int]) -> np.ndarray:
    slide = _opened(path, os.getpid())
    try:
        region = slide.read_region(place, level, size)
    except openslide.OpenSlideError as error:
        _opened.cache_clear()  # after an error OpenSlide refuses all further reads
        raise InputError(f"{path}: the slide is cut off or damaged ({error}); copy it again") from error
    white = Image.new("RGB", size, "white")
    white.paste(region, mask=region.getchannel("A"))
    return np.array(white)


@lru_cache(maxsize=4)
def _opened(path: str, process: int) -> openslide.OpenSlide:
    """An open slide. ``process`` is part of the cache key, since a fork must not use a slide opened by its parent."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such slide; check the path")
    try:
        slide = openslide.OpenSlide(path)
    except openslide.OpenSlideError as error:
        raise InputError(f"{path}: not a slide that OpenSlide reads, or damaged ({error}); copy it again") from error
    slide.set_cache(openslide.OpenSlideCache(_CACHE))
    return slide
