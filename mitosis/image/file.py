"""Reads image files: pixels, masks and sizes."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from mitosis.errors import InputError
from mitosis.image.opening import MAX_PIXELS as MAX_PIXELS
from mitosis.image.opening import kind_of_tiff, opened
from mitosis.image.planes import is_deep_planar, read_planes
from mitosis.image.rgb import SIXTEEN_BIT, TURNS, PixelError, orientation, rgb, turned


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Read the pixels of a BMP, PNG, TIFF or JPEG file as a viewer shows them.

    16 bits are scaled to 8 (65535 → 255), grey becomes three equal channels, transparent pixels are laid over white,
    and the EXIF orientation is applied.

    Args:
        path: The image file. Of a TIFF the first page is read.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        InputError: The file is missing, empty, truncated, damaged, not an image, has more than 20000 × 20000 pixels or
            pixels of a kind that is not read (``rgb``); the message names it.
    """
    return _decoded(path, rgb)


def read_mask(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a mask from an image file: every pixel that is not black belongs to it.

    Any value counts but 0, even 1 of 65535. Transparent pixels do not belong to it. The EXIF orientation is applied.

    Args:
        path: The image file.

    Returns:
        (height, width), the pixels' values: 0 outside the mask. A colour is one number, red before green before blue.

    Raises:
        InputError: As ``read_image``.
    """
    return _decoded(path, _mask)


def image_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(height, width) of an image file in pixels, as ``read_image`` returns it, read from its header.

    Raises ``InputError`` naming the file if it is missing, empty, not an image or has more than 20000 × 20000 pixels.
    """
    with opened(path) as image:
        across = image.format != "TIFF" and orientation(image) in TURNS  # Pillow exchanges a TIFF's itself
        return (image.width, image.height) if across else (image.height, image.width)


def _decoded(path: str | os.PathLike[str], decode: Callable[[Image.Image], np.ndarray]) -> np.ndarray:
    with opened(path) as image:
        try:
            return decode(image)
        except MemoryError:
            raise
        except PixelError as error:
            raise InputError(f"{path}: {error}") from None
        except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, zlib.error and more
            if "raw mode" in str(error) and (kind := kind_of_tiff(Path(path))):
                raise InputError(f"{path}: {kind}, is not read; save it as RGB with 8 bits a channel") from error
            raise InputError(f"{path}: the image is cut off or damaged ({error}); copy or export it again") from error


def _mask(image: Image.Image) -> np.ndarray:
    if is_deep_planar(image):
        pixels, mode = read_planes(image)
        shown = pixels[..., 3] > 0 if len(mode) > 3 else True
        return turned(np.where(shown, pixels[..., :3].astype(np.int64) @ [1 << 32, 1 << 16, 1], 0), orientation(image))
    turn = 1 if image.format == "TIFF" else orientation(image)
    image.load()
    if image.mode in (*SIXTEEN_BIT, "1", "L", "I", "F") and "transparency" not in image.info:
        return turned(np.asarray(image), turn)
    red, green, blue, alpha = np.moveaxis(np.asarray(image.convert("RGBA")).astype(np.int32), -1, 0)
    return turned(np.where(alpha > 0, red << 16 | green << 8 | blue, 0), turn)
