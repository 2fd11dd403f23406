"""Opens image files with Pillow, strictly, and says in one line what an unreadable one is."""

import contextlib
import os
import threading
import warnings
from collections.abc import Generator
from pathlib import Path

from PIL import Image, ImageFile, TiffImagePlugin

from mitosis.errors import InputError

MAX_PIXELS = 20_000 * 20_000

TIFF = (b"II*\0", b"MM\0*")
_FORMATS = ("BMP", "PNG", "TIFF", "JPEG")
_BITS, _COMPRESSION, _SAMPLES, _SAMPLE_FORMAT = 258, 259, 277, 339
_KINDS = {2: "signed whole numbers", 3: "floats", 5: "complex whole numbers", 6: "complex floats"}
"""TIFF's codes of kinds of numbers."""
_pillow = threading.Lock()


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Generator[Image.Image]:
    """Open a BMP, PNG, TIFF or JPEG file whose pixels are not yet decoded.

    Raises ``InputError`` naming the file if it is missing, empty, not such an image, of pixels that Pillow does not
    know, or has more than 20000 × 20000 pixels.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such image file; check the path")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty (0 bytes); copy or export it again")
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))  # of a file that it opens itself, Pillow may map the pixels
            stack.enter_context(_strict_pillow())
            image = Image.open(file, formats=_FORMATS)
        except PermissionError as error:
            raise InputError(f"{path}: may not be read; check its permissions") from error
        except MemoryError:
            raise
        except Exception as error:  # headers raise as many kinds of errors as pixels do
            if kind := kind_of_tiff(path):
                raise InputError(f"{path}: {kind}, is not read; save it as RGB with 8 bits a channel") from error
            problem = "not a BMP, PNG, TIFF or JPEG image, or one that is cut off or damaged"
            raise InputError(f"{path}: {problem}; copy or export it again") from error
        with image:
            if image.width * image.height > MAX_PIXELS:
                size = f"{image.width} x {image.height}"
                raise InputError(f"{path}: {size} pixels, more than 20000 x 20000; cut it into fields")
            if image.format == "TIFF":
                _check_first_page(path, image.width, image.height)
            yield image


def _check_first_page(path: Path, width: int, height: int) -> None:
    """``InputError`` if a later page is larger than the first, which is then a thumbnail of it."""
    for page, size in enumerate(_further_pages(path), start=2):
        if size[0] * size[1] > width * height:
            raise InputError(
                f"{path}: its first page, {width} x {height} pixels, is smaller than page {page}, {size[0]} x"
                f" {size[1]}; save the page that is meant as a file of its own"
            )


def _further_pages(path: Path) -> list[tuple[int, int]]:
    """(width, height) of all pages after the first, up to a damaged one, which nobody reads."""
    sizes = []
    with contextlib.suppress(Exception), Image.open(path, formats=_FORMATS) as image:
        for page in range(1, getattr(image, "n_frames", 1)):
            image.seek(page)
            sizes.append(image.size)
    return sizes


def has_pages(image: Image.Image) -> bool:
    """Whether an opened file has a second page or frame."""
    try:
        return getattr(image, "n_frames", 1) > 1
    except Exception:  # a damaged one
        return False


def kind_of_tiff(path: Path) -> str | None:
    """What a TIFF's tags say of its pixels, such as "a TIFF of 3 x 32 bits of floats"; None for other files."""
    tags = _tags(path)
    if not (bits := _numbers(tags, _BITS)):
        return None
    samples, compression = _numbers(tags, _SAMPLES) or (1,), _numbers(tags, _COMPRESSION) or (1,)
    kind = "".join(f" of {_KINDS[code]}" for code in _numbers(tags, _SAMPLE_FORMAT)[:1] if code in _KINDS)
    return f"a TIFF of {samples[0]} x {bits[0]} bits{kind} a pixel, compression {compression[0]}"


def _numbers(tags: TiffImagePlugin.ImageFileDirectory_v2 | None, tag: int) -> tuple[int, ...]:
    if tags is None:
        return ()
    try:
        value = tags.get(tag, ())
        return tuple(int(one) for one in (value if isinstance(value, tuple) else (value,)))
    except Exception:  # a damaged tag, about which Pillow raises errors of many kinds
        return ()


def _tags(path: Path) -> TiffImagePlugin.ImageFileDirectory_v2 | None:
    """The tags of a TIFF's first page; None for other files and for damaged ones."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            if head[:4] not in TIFF:
                return None
            tags = TiffImagePlugin.ImageFileDirectory_v2(head)
            file.seek(tags.next)
            tags.load(file)
            return tags
    except Exception:  # as above; reading the pixels then tells what is wrong
        return None


@contextlib.contextmanager
def _strict_pillow() -> Generator[None]:
    """Set Pillow's process-wide options as this package needs them, and restore them afterwards.

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
