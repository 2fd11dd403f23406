"""A whole slide as a viewer shows it: the scanned area, from its own corner, in pixels of full resolution."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import openslide

from mitosis.errors import InputError
from mitosis.image.agreement import agreed_mpp
from mitosis.image.mpp import implausible
from mitosis.image.slide import read_region, slide_levels, slide_mpp, slide_properties, slide_size
from mitosis.image.stated import PLACEHOLDER, Stated, described_mpp, stated_mpp

SUFFIXES = (".svs", ".ndpi", ".mrxs", ".scn", ".bif", ".svslide", ".dcm")
"""Suffixes of files that are always slides."""
TIFFS = (".tif", ".tiff")
LARGEST_FIELD = 10_000 * 10_000
"""A tiled TIFF of one level is a slide if it has more pixels than this; one of several levels is always a slide."""
SQUARE = 512
"""Side in pixels of the squares that are left out where a slide is damaged."""
_STRIP = 2 * SQUARE
"""Rows of pixels that are read at a time."""
_ENDS = 2**20
"""Bytes at the start and the end of a file by which it is recognised."""
_BOUNDS = (
    openslide.PROPERTY_NAME_BOUNDS_X,
    openslide.PROPERTY_NAME_BOUNDS_Y,
    openslide.PROPERTY_NAME_BOUNDS_WIDTH,
    openslide.PROPERTY_NAME_BOUNDS_HEIGHT,
)


@dataclass(frozen=True)
class Scan:
    """The scanned area of a slide.

    Some formats (MRXS, SCN) place it on a larger canvas and give its bounds. Its own corner is where QuPath counts
    from, so all pixels here are counted from there.

    Attributes:
        path: The slide's file.
        left: x of the corner on the canvas.
        top: y of the corner on the canvas.
        height: Pixels of full resolution.
        width: Pixels of full resolution.
    """

    path: Path
    left: int
    top: int
    height: int
    width: int

    def read(self, x: int, y: int, width: int, height: int, level: int = 0) -> np.ndarray:
        """A region (height, width, 3) uint8 RGB: place in pixels of full resolution, size in pixels of ``level``.

        Raises ``InputError`` as ``read_region``.
        """
        return read_region(self.path, x=self.left + x, y=self.top + y, width=width, height=height, level=level)

    def read_whole(self, x: int, y: int, width: int, height: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
        """A region of full resolution, white where the slide is damaged, and which of its squares are.

        Returns:
            (height, width, 3) uint8 RGB, and x, y of the ``SQUARE`` squares that cannot be read.
        """
        pixels, lost = np.full((height, width, 3), 255, np.uint8), list[tuple[int, int]]()
        for top, bottom in _cuts(y, height, _STRIP):  # strip by strip, for OpenSlide returns twice as many bytes
            try:
                pixels[top - y : bottom - y] = self.read(x, top, width, bottom - top)
                continue
            except InputError:
                squares = product(_cuts(top, bottom - top, SQUARE), _cuts(x, width, SQUARE))
            for (upper, lower), (left, right) in squares:
                try:
                    part = self.read(left, upper, right - left, lower - upper)
                except InputError:
                    lost.append((left // SQUARE * SQUARE, upper // SQUARE * SQUARE))
                else:
                    pixels[upper - y : lower - y, left - x : right - x] = part
        return pixels, lost


def read_scan(path: Path) -> Scan:
    """The scanned area of a slide. Raises ``InputError`` as ``slide_size``."""
    height, width = slide_size(path)
    properties = slide_properties(path)
    try:
        left, top, across, down = (int(float(properties[key])) for key in _BOUNDS)
    except (KeyError, ValueError):
        return Scan(path, 0, 0, height, width)
    left, top = max(0, left), max(0, top)
    across, down = min(across, width - left), min(down, height - top)
    return Scan(path, left, top, down, across) if across > 0 and down > 0 else Scan(path, 0, 0, height, width)


def is_slide(path: Path) -> bool:
    """Whether a file is a whole slide: by its suffix, or a TIFF that OpenSlide reads, of several levels or large."""
    if path.suffix.lower() in SUFFIXES:
        return True
    if path.suffix.lower() not in TIFFS or openslide.OpenSlide.detect_format(path) is None:
        return False
    try:
        height, width = slide_size(path)
    except InputError:  # its pixels may still be read as an image's
        return False
    return len(slide_levels(path)) > 1 or height * width > LARGEST_FIELD


def distinct(slides: Sequence[Path]) -> list[Path]:
    """The slides without the further files of one in DICOM, whose levels are files of their own."""
    seen, kept = set[str](), list[Path]()
    for path in slides:
        key = str(path)
        if path.suffix.lower() == ".dcm":
            with suppress(InputError):  # told when its turn to be read comes
                key = slide_properties(path).get(openslide.PROPERTY_NAME_QUICKHASH1, key)
        if key not in seen:
            seen.add(key)
            kept.append(path)
    return kept


def scan_mpp(path: Path, typed: float | None, mpp_from: str | None) -> tuple[float, str]:
    """µm per pixel of a slide, and one line on what differs from it, empty if nothing does.

    It is what the slide states, or else what was typed; the magnification of an objective is no resolution.
    Raises ``InputError`` if neither is known or plausible, and as ``agreed_mpp``.
    """
    stated = _stated(path)
    mpp, line = agreed_mpp(path, typed, stated, mpp_from, "mpp")
    if mpp is None or (typed is None and mpp >= PLACEHOLDER):
        raise InputError(f"{path}: the slide does not give its µm per pixel; type mpp=0.25 or what it is")
    if problem := implausible(path, mpp):
        raise InputError(problem)
    return mpp, line


def scan_content(path: Path) -> str:
    """Digest by which a slide is recognised: of the size, the start and the end of its file and those beside it.

    Raises ``InputError`` naming the slide if one of them cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for file in _files(path):
            digest.update(f"{file.name} {file.stat().st_size} ".encode("utf-8", "surrogateescape"))
            with file.open("rb") as opened:
                digest.update(opened.read(_ENDS))
                opened.seek(max(0, file.stat().st_size - _ENDS))
                digest.update(opened.read(_ENDS))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the file and its permissions") from error
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    yield path
    if path.suffix.lower() == ".mrxs":  # its pixels are in a folder of the same name
        yield from sorted(file for file in path.with_suffix("").glob("*") if file.is_file())


def _stated(path: Path) -> list[Stated]:
    if path.suffix.lower() in TIFFS:
        with suppress(InputError):  # too large to be opened as an image
            return stated_mpp(path)
        described = described_mpp(slide_properties(path).get(openslide.PROPERTY_NAME_COMMENT, ""))
        found = described + slide_mpp(path)
        return [one for one in found if one.mpp < PLACEHOLDER] or found
    return slide_mpp(path)


def _cuts(start: int, length: int, step: int) -> list[tuple[int, int]]:
    """The pieces of a line, each its start and its end, cut at the multiples of ``step``."""
    edges = [start, *range(start // step * step + step, start + length, step), start + length]
    return list(pairwise(edges))
