"""Uncompressed TIFFs with 16 bits a channel and a plane for each: Pillow takes their words for bytes."""

import numpy as np
from PIL import Image

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANAR = 256, 257, 258, 259, 262, 277, 284
_STRIPS, _STRIP_ROWS, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _EXTRA = 273, 278, 322, 323, 324, 338
_PLAIN, _APART, _RGB = 1, 2, 2
_ALPHA = {1: "RGBa", 2: "RGBA"}
"""What the fourth channel is, of other kinds not transparency → Pillow's mode: colours are times it, or apart."""


def is_deep_planar(image: Image.Image) -> bool:
    """Whether an opened file is such a TIFF, in RGB."""
    tags = getattr(image, "tag_v2", {})
    return (
        tags.get(_PLANAR) == _APART
        and tags.get(_COMPRESSION, _PLAIN) == _PLAIN
        and tags.get(_PHOTOMETRIC) == _RGB
        and set(tags.get(_BITS, ())) == {16}
    )


def read_planes(image: Image.Image) -> tuple[np.ndarray, str]:
    """(height, width, channels) uint16, as stored, and Pillow's mode of them: RGB, RGBA or RGBa.

    Channels that are neither colours nor transparency are left out. Raises ``ValueError`` if it is cut off.
    """
    tags = image.tag_v2  # pyright: ignore
    width, height, samples = tags[_WIDTH], tags[_HEIGHT], tags[_SAMPLES]
    if tiled := _TILES in tags:
        block = tags[_TILE_HEIGHT], tags[_TILE_WIDTH]
    else:
        block = min(tags.get(_STRIP_ROWS, height), height), width
    down, across = -(-height // block[0]), -(-width // block[1])
    offsets = tags[_TILES] if tiled else tags[_STRIPS]
    if len(offsets) != samples * down * across:
        raise ValueError(f"{len(offsets)} blocks of pixels, {samples * down * across} expected")
    kind = np.dtype(np.uint16).newbyteorder("<" if tags.prefix == b"II" else ">")
    mode = _ALPHA.get(next(iter(tags.get(_EXTRA, ())), 0), "RGB")
    pixels = np.empty((len(mode), down * block[0], across * block[1]), np.uint16)
    for number, offset in enumerate(offsets[: len(mode) * down * across]):
        plane, place = divmod(number, down * across)
        y, x = place // across * block[0], place % across * block[1]
        rows = block[0] if tiled else min(block[0], height - y)  # the last strip may be short, a tile is whole
        image.fp.seek(offset)  # pyright: ignore
        data = np.frombuffer(image.fp.read(rows * block[1] * 2), kind)  # pyright: ignore
        pixels[plane, y : y + rows, x : x + block[1]] = data.reshape(rows, block[1])
    return np.moveaxis(pixels[:, :height, :width], 0, -1), mode
