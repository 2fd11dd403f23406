"""Reads whole slides, only the regions that are needed."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import openslide
from PIL import Image

from mitosis.errors import InputError
from mitosis.image.stated import Stated, positive
from mitosis.image.tissue import is_tissue

SLIDES = (".svs", ".tif", ".tiff", ".ndpi", ".scn", ".bif", ".svslide", ".dcm", ".mrxs")
"""Suffixes of the formats that OpenSlide reads, one file for each slide; MRXS has a folder of its name beside it."""

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


def slide_bounds(path: str | os.PathLike[str]) -> tuple[int, int, int, int]:
    """x, y, width and height of what was scanned, at full resolution; the whole slide if it does not say.

    Raises ``InputError`` as ``slide_size``.
    """
    slide = _opened(str(path), os.getpid())
    names = (openslide.PROPERTY_NAME_BOUNDS_X, openslide.PROPERTY_NAME_BOUNDS_Y)
    sides = (openslide.PROPERTY_NAME_BOUNDS_WIDTH, openslide.PROPERTY_NAME_BOUNDS_HEIGHT)
    x, y, width, height = (int(slide.properties.get(name, 0)) for name in (*names, *sides))
    return (x, y, width, height) if min(width, height) > 0 else (0, 0, *slide.dimensions)


def slide_mpp(path: str | os.PathLike[str]) -> list[Stated]:
    """The slide's own resolution at full size; empty if it gives none. Raises ``InputError`` as ``slide_size``."""
    properties = slide_properties(path)
    x, y = (positive(properties.get(key)) for key in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y))
    return [Stated("the slide", x, y)] if x and y else []


def slide_properties(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """All that OpenSlide tells of a slide. Raises ``InputError`` as ``slide_size``."""
    return _opened(str(path), os.getpid()).properties


def slide_levels(path: str | os.PathLike[str]) -> list[float]:
    """How many pixels of full resolution a pixel of each level is wide. Raises ``InputError`` as ``slide_size``."""
    return list(_opened(str(path), os.getpid()).level_downsamples)


def read_region(path: str | os.PathLike[str], *, x: int, y: int, width: int, height: int, level: int = 0) -> np.ndarray:
    """Read a region of a slide. Areas that were not scanned are white.

    Args:
        path: The slide.
        x: Left edge of the region in pixels of full resolution.
        y: Upper edge of the region in pixels of full resolution.
        width: Width of the region in pixels of ``level``.
        height: Height of the region in pixels of ``level``.
        level: Which of ``slide_levels``; 0 is full resolution.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        InputError: The file is missing, not a slide or damaged.
    """
    return _read(str(path), (x, y), level, (width, height))


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
    if not os.path.getsize(path):
        raise InputError(f"{path}: the file is empty (0 bytes); copy or export it again")
    pixels = Path(path).with_suffix("")
    if path.lower().endswith(".mrxs") and not pixels.is_dir():
        raise InputError(f"{path}: its pixels are in the folder {pixels.name}, which is not beside it; copy it as well")
    try:
        slide = openslide.OpenSlide(path)
    except openslide.OpenSlideError as error:
        raise InputError(f"{path}: not a slide that OpenSlide reads, or damaged ({error}); copy it again") from error
    slide.set_cache(openslide.OpenSlideCache(_CACHE))
    return slide
