"""Turns the pixels of an opened image file into 8-bit RGB, as a viewer shows them."""

import numpy as np
from PIL import ExifTags, Image

from mitosis.image.planes import is_deep_planar, read_planes

SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_LEAST = 2**14
"""The brightest of 16-bit pixels is at least this bright; below it they hold fewer bits, such as a camera's 12."""
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0
_BITS, _SAMPLE_FORMAT, _SIGNED = 258, 339, 2
TURNS = (5, 6, 7, 8)
"""The EXIF orientations that exchange width and height."""


class PixelError(ValueError):
    """Pixels of a kind that is not read; the message goes on after the file's name and says what to do."""


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8, in which a viewer shows an opened file."""
    if image.format == "PNG" and not _has_exif(image):  # Pillow would decode all pixels to find none
        return 1
    given = image.getexif().get(ExifTags.Base.Orientation, 1)
    return given if given in range(1, 9) else 1


def rgb(image: Image.Image) -> np.ndarray:
    """(height, width, 3) uint8 RGB of a file that was just opened.

    16 bits are scaled to 8 (65535 → 255), grey becomes three equal channels, the EXIF orientation is applied, and
    transparent pixels are laid over white. Raises ``PixelError`` for 32-bit pixels, for 16 bits of which only some are
    used, for floats and signed numbers, and for an image without a visible pixel; otherwise as Pillow.
    """
    turn, deep = orientation(image), _is_deep(image)
    if is_deep_planar(image):
        pixels, mode = read_planes(image)
        _check_range(int(pixels[..., :3].max(initial=0)))
        upper = Image.frombytes(mode, pixels.shape[1::-1], (pixels >> 8).astype(np.uint8).tobytes())
        return turned(np.array(_opaque(upper)), turn)
    if image.format == "TIFF":
        turn = 1  # Pillow turns them itself
    tags = getattr(image, "tag_v2", {})
    image.load()
    if image.mode == "F":
        raise PixelError("its pixels are floats (32-bit), which are not read; save it as RGB with 8 bits a channel")
    if _SIGNED in tags.get(_SAMPLE_FORMAT, ()):
        bits = tags.get(_BITS, ("?",))[0]
        raise PixelError(f"its pixels are {bits}-bit signed numbers, which are not read; save it as RGB with 8 bits")
    if tags.get(_BITS) == (32,):
        raise PixelError("32-bit pixels are not read; save it as RGB with 8 bits a channel")
    if image.mode in (*SIXTEEN_BIT, "I"):
        return turned(_grey(image), turn)
    if deep:
        colours = (image.getchannel(band) for band in image.getbands() if band != "A")
        highest = max(int(np.asarray(colour).max(initial=0)) for colour in colours)
        _check_range(highest << 8 | 255)  # Pillow gives the upper 8 of 16 bits
    return turned(np.array(_opaque(image)), turn)


def _grey(image: Image.Image) -> np.ndarray:
    grey = np.asarray(image).astype(np.int64)
    if grey.min(initial=0) < 0 or grey.max(initial=0) > 65535:
        raise PixelError("32-bit pixels are not read; save it as RGB with 8 bits a channel")
    if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:  # Pillow inverts only those of 8 bits
        grey = 65535 - grey
    _check_range(int(grey.max(initial=0)))
    grey = np.where(grey == image.info.get("transparency"), 65535, grey)
    return np.repeat(((grey + 128) // 257).astype(np.uint8)[..., None], 3, axis=2)


def _check_range(brightest: int) -> None:
    if brightest < _LEAST:
        raise PixelError(
            f"none of its 16-bit pixels is above {brightest}, as with 12 bits kept in 16; save it as RGB with 8 bits a"
            " channel"
        )


def _opaque(image: Image.Image) -> Image.Image:
    """The image in mode RGB, laid over white where it is transparent."""
    if "transparency" not in image.info and image.mode not in ("RGBA", "RGBa", "LA", "La", "PA"):
        return image.convert("RGB")
    layered = image.convert("RGBA")
    if layered.getchannel("A").getextrema()[1] == 0:
        raise PixelError("all of its pixels are transparent; save it without an alpha channel")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("RGB")


def turned(pixels: np.ndarray, turn: int) -> np.ndarray:
    """The pixels in the EXIF orientation ``turn``."""
    if turn in TURNS:
        pixels = pixels.swapaxes(0, 1)
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _has_exif(image: Image.Image) -> bool:
    """Whether a PNG has EXIF data, which may stand before or after its pixels."""
    if {"exif", "Raw profile type exif", "XML:com.adobe.xmp"} & set(image.info):
        return True
    place, file = image.fp.tell(), image.fp  # pyright: ignore
    try:
        file.seek(8)
        while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
            if head[4:] == b"eXIf":
                return True
            file.seek(int.from_bytes(head[:4], "big") + 4, 1)
        return False
    finally:
        file.seek(place)


def _is_deep(image: Image.Image) -> bool:
    """Whether a colour image has 16 bits a channel, of which Pillow returns the upper 8."""
    return any(";16" in str(tile[3]) for tile in getattr(image, "tile", []))
