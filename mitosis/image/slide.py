"""Whole slides, of which no more is ever read than what is asked for."""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import openslide
from PIL import Image

from mitosis.errors import InputError
from mitosis.image.tissue import is_tissue

SLIDES = (".svs", ".tif", ".tiff", ".ndpi", ".scn", ".bif", ".svslide", ".dcm")
"""What OpenSlide reads and has its pixels in the one file that is named, by suffix."""

_ACROSS = 32
"""Pixels across a square that are looked at for tissue."""
_PLACES = 8
"""Per axis, where no level is coarse enough to look at the whole square."""
_CACHE = 2**22
"""Bytes of decoded tiles that an open slide keeps, for neighbouring regions."""


def slide_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(height, width) of a slide at full resolution. Raises ``InputError``: missing, or no slide."""
    width, height = _opened(str(path), os.getpid()).dimensions
    return height, width


def slide_mpp(path: str | os.PathLike[str]) -> float | None:
    """µm per pixel at full resolution, the mean of both axes; None where the slide does not give it.

    Raises ``InputError`` as ``slide_size``.
    """
    properties = _opened(str(path), os.getpid()).properties
    axes = [float(properties.get(name, 0)) for name in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y)]
    return sum(axes) / 2 if min(axes) > 0 else None


def read_region(path: str | os.PathLike[str], *, x: int, y: int, width: int, height: int) -> np.ndarray:
    """The pixels from (x, y) on at full resolution as (height, width, 3) uint8 RGB; what was not scanned is white.

    Raises ``InputError``: missing, no slide, damaged.
    """
    return _read(str(path), (x, y), 0, (width, height))


def tissue_share(path: str | os.PathLike[str], *, x: int, y: int, side: int) -> float:
    """How much of a square of ``side`` pixels from (x, y) on is tissue, in [0, 1], by a coarse look at it.

    Raises ``InputError`` as ``read_region``.
    """
    slide = _opened(str(path), os.getpid())
    level = slide.get_best_level_for_downsample(max(1.0, side / _ACROSS))
    across = max(1, round(side / slide.level_downsamples[level]))
    if across <= 8 * _ACROSS:
        step = max(1, across // _ACROSS)
        return float(is_tissue(_read(str(path), (x, y), level, (across, across))[::step, ::step].copy()).mean())
    # No level is coarse enough: a few places, evenly spread.
    steps = [round((place + 0.5) / _PLACES * side) for place in range(_PLACES)]
    looks = [_read(str(path), (x + dx, y + dy), 0, (_ACROSS, _ACROSS)) for dy in steps for dx in steps]
    return float(np.mean([is_tissue(look).mean() for look in looks]))


def _read(path: str, place: tuple[int, int], level: int, size: tuple[int, int]) -> np.ndarray:
    slide = _opened(path, os.getpid())
    try:
        region = slide.read_region(place, level, size)
    except openslide.OpenSlideError as error:
        _opened.cache_clear()  # after an error OpenSlide refuses to read any more
        raise InputError(f"{path}: the slide is cut off or damaged ({error}); copy it again") from error
    white = Image.new("RGB", size, "white")
    white.paste(region, mask=region.getchannel("A"))
    return np.array(white)


@lru_cache(maxsize=4)
def _opened(path: str, process: int) -> openslide.OpenSlide:
    """``process``: a slide that is open in a parent process may not be read in its fork."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such slide; check the path")
    try:
        slide = openslide.OpenSlide(path)
    except openslide.OpenSlideError as error:
        raise InputError(f"{path}: not a slide that OpenSlide reads, or damaged ({error}); copy it again") from error
    slide.set_cache(openslide.OpenSlideCache(_CACHE))
    return slide
