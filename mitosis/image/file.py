"""Reads image files: pixels, masks, sizes and resolutions."""

import contextlib
import os
import threading
import warnings
from collections.abc import Generator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from mitosis.errors import InputError

MAX_PIXELS = 20_000 * 20_000

_FORMATS = ("BMP", "PNG", "TIFF", "JPEG")
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_RESOLUTION = {282, 283}
"""The TIFF tags of the resolution along x and y."""
_pillow = threading.Lock()


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Read the pixels of a BMP, PNG, TIFF or JPEG file.

    16-bit grey is scaled to 8 bits (65535 → 255), grey becomes three equal channels, and alpha is dropped without
    blending. EXIF rotation is not applied, since annotations refer to the stored pixels.

    Args:
        path: The image file. Of a TIFF the first page is read.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        InputError: The file is missing, empty, truncated, damaged, not an image or has more than 20000 × 20000 pixels;
            the message names it.
    """
    with _opened(path) as image:
        try:
            image.load()
            return np.array(_rgb(image))
        except (InputError, MemoryError):
            raise
        except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, zlib.error and more
            raise InputError(f"{path}: the image is cut off or damaged ({error}); copy or export it again") from error


def read_mask(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a mask from an image file: every pixel that is not black belongs to it.

    Any value above 0 counts, even 1 of 65535; alpha is ignored.

    Args:
        path: The image file.

    Returns:
        (height, width) bool.

    Raises:
        InputError: As ``read_image``.
    """
    with _opened(path) as image:
        try:
            image.load()
            plain = image.mode in (*_SIXTEEN_BIT, "1", "L", "I", "F")
            values = np.asarray(image if plain else _rgb(image))
        except (InputError, MemoryError):
            raise
        except Exception as error:
            raise InputError(f"{path}: the image is cut off or damaged ({error}); copy or export it again") from error
        return np.asarray(values != 0 if values.ndim == 2 else values.any(axis=2))


def tiff_mpp(path: str | os.PathLike[str]) -> float | None:
    """µm per pixel from a TIFF's resolution tags, the mean of both axes; None without tags or for other files.

    Raises ``InputError`` as ``image_size``.
    """
    with _opened(path) as image:
        if not set(getattr(image, "tag_v2", {})) >= _RESOLUTION:  # Pillow would report 1 dpi
            return None
        dpi = [float(value) for value in image.info.get("dpi", (0, 0))]
        return sum(25400 / value for value in dpi) / 2 if min(dpi) > 0 else None


def image_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(height, width) of an image file in pixels, read from its header.

    Raises ``InputError`` naming the file if it is missing, empty, not an image or has more than 20000 × 20000 pixels.
    """
    with _opened(path) as image:
        return image.height, image.width


def _rgb(image: Image.Image) -> Image.Image | np.ndarray:
    if image.mode in _SIXTEEN_BIT or image.mode == "I":
        grey = np.asarray(image).astype(np.int64)
        if grey.min() < 0 or grey.max() > 65535:  # mode I: 16-bit PNGs in older Pillow versions, or 32-bit TIFFs
            raise ValueError("32-bit pixels are not supported")
        return np.repeat(((grey + 128) // 257).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode == "F":
        raise ValueError("32-bit pixels are not supported")
    if "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


@contextlib.contextmanager
def _opened(path: str | os.PathLike[str]) -> Generator[Image.Image]:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such image file; check the path")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty (0 bytes); copy or export it again")
    with _strict_pillow():
        try:
            image = Image.open(path, formats=_FORMATS)
        except PermissionError as error:
            raise InputError(f"{path}: may not be read; check its permissions") from error
        except MemoryError:
            raise
        except Exception as error:  # headers raise as many kinds of errors as pixels do
            problem = "not a BMP, PNG, TIFF or JPEG image, or one that is cut off or damaged"
            raise InputError(f"{path}: {problem}; copy or export it again") from error
        with image:
            if image.width * image.height > MAX_PIXELS:
                size = f"{image.width} x {image.height}"
                raise InputError(f"{path}: {size} pixels, more than 20000 x 20000; cut it into fields")
            yield image


@contextlib.contextmanager
def _strict_pillow() -> Generator[None]:
    """Set Pillow's process-wide options as this module needs them, and restore them afterwards.

    Another library may have switched on ``LOAD_TRUNCATED_IMAGES``, which fills missing pixels with grey. Pillow's own
    size limit is about 13000 × 13000 pixels. Its warnings about unusual metadata do not help the user.
    """
    with _pillow, warnings.catch_warnings():
        before = ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS
        ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = False, None
        warnings.filterwarnings("ignore", module=r"PIL\b|mitosis\.image")  # other threads still warn
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = before
