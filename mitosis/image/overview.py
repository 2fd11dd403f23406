"""Where a slide shows tissue, seen at a low resolution."""

import math
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np

from mitosis.errors import InputError
from mitosis.image.scan import Scan
from mitosis.image.tissue import BLACK, is_tissue

CELL_UM = 16.0
"""Side in µm of the squares that are told to be tissue or glass."""
_BLOCK = 1024
"""Most pixels per axis that are read at a time."""
_PATCHES, _PATCH = 64, 128
"""Number and side in pixels of the patches of a sample of tissue."""
Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of full resolution, within the slide."""


@dataclass(frozen=True, eq=False)
class Overview:
    """The tissue of a slide.

    Attributes:
        tissue: (rows, columns) bool, the cells that show tissue.
        side: Side of a cell in pixels of full resolution.
        mpp: µm per pixel of full resolution.
    """

    tissue: np.ndarray
    side: int
    mpp: float

    def near(self, rows: tuple[float, float], columns: tuple[float, float]) -> bool:
        """Whether there is tissue between two rows and two columns of pixels, or within a cell around them."""
        (top, bottom), (left, right) = (
            (math.floor(max(0.0, low) / self.side) - 1, math.ceil(min(high, self.side * cells) / self.side) + 1)
            for (low, high), cells in zip((rows, columns), self.tissue.shape, strict=True)
        )
        return bool(self.tissue[max(0, top) : bottom, max(0, left) : right].any())

    def area_mm2(self, rows: tuple[float, float], columns: tuple[float, float]) -> float:
        """The tissue in mm² between two rows and two columns of pixels: of the cells whose middle lies there."""
        inside = []
        for (low, high), cells in zip((rows, columns), self.tissue.shape, strict=True):
            middle = (np.arange(cells) + 0.5) * self.side
            inside.append((middle >= low) & (middle < high))
        return float(self.tissue[inside[0]][:, inside[1]].sum()) * (self.side * self.mpp) ** 2 / 1e6


def find_tissue(scan: Scan, mpp: float, levels: list[float]) -> Overview:
    """Look for tissue at the coarsest level that is fine enough, block by block.

    A block that cannot be read counts as tissue: at full resolution it may be readable, and if not, it is named there.

    Args:
        scan: The slide.
        mpp: Its µm per pixel.
        levels: How many pixels of full resolution a pixel of each level is wide.
    """
    side = max(1, round(CELL_UM / mpp))
    level = max((k for k, step in enumerate(levels) if step <= 1.01 * side), key=lambda k: levels[k])
    tissue = np.zeros((-(-scan.height // side), -(-scan.width // side)), bool)
    cells = max(1, int(_BLOCK * levels[level] / side))
    for row in range(0, tissue.shape[0], cells):
        for column in range(0, tissue.shape[1], cells):
            block = tissue[row : row + cells, column : column + cells]
            block[:] = _tissue_of(scan, (column * side, row * side), block.shape, side / levels[level], level)
    return Overview(tissue, side, mpp)


def sample_tissue(scan: Scan, overview: Overview) -> np.ndarray:
    """Patches of tissue at full resolution from all over a slide, one below the other: (height, width, 3) uint8.

    They are the same every time. Raises ``InputError`` if none can be read.
    """
    rows, columns = np.nonzero(overview.tissue)
    picked = np.unique(np.linspace(0, len(rows) - 1, _PATCHES).round().astype(int)) if len(rows) else []
    patches = []
    for index in picked:
        place = [int((cell[index] + 0.5) * overview.side) - _PATCH // 2 for cell in (columns, rows)]
        try:
            patches.append(scan.read(max(0, place[0]), max(0, place[1]), _PATCH, _PATCH))
        except InputError:
            continue
    if not patches:
        raise InputError(f"{scan.path}: none of its tissue can be read; copy it again")
    return np.concatenate(patches)


def picture_of(scan: Scan, levels: list[float], longest: int, box: Box | None = None) -> np.ndarray:
    """The whole slide in at most ``longest`` pixels a side, (height, width, 3) uint8 RGB; white where it is damaged.

    It is read block by block, at the coarsest level that is fine enough.

    Args:
        scan: The slide.
        levels: How many pixels of full resolution a pixel of each level is wide.
        longest: Most pixels a side.
        box: The part of the slide that is shown instead of the whole.
    """
    left, top, *size = box or (0, 0, scan.width, scan.height)
    step = max(1.0, max(size) / longest)
    level = max((k for k, wide in enumerate(levels) if wide <= 1.01 * step), key=lambda k: levels[k])
    picture = np.full((*(max(1, round(side / step)) for side in reversed(size)), 3), 255, np.uint8)
    pixels = max(1, int(_BLOCK * levels[level] / step))
    for row in range(0, picture.shape[0], pixels):
        for column in range(0, picture.shape[1], pixels):
            block = picture[row : row + pixels, column : column + pixels]
            height, width = (max(1, round(count * step / levels[level])) for count in block.shape[:2])
            with suppress(InputError):
                read = scan.read(left + round(column * step), top + round(row * step), width, height, level)
                block[:] = cv2.resize(read, block.shape[1::-1], interpolation=cv2.INTER_AREA)
    return picture


def _tissue_of(
    scan: Scan, place: tuple[int, int], cells: tuple[int, ...], step: float, level: int
) -> np.ndarray | bool:
    height, width = (max(1, round(count * step)) for count in cells)
    try:
        pixels = scan.read(*place, width, height, level)
    except InputError:
        return True
    pixels[pixels.max(axis=2) < BLACK] = 255  # before it mixes with the glass beside it into something like tissue
    return is_tissue(cv2.resize(pixels, (cells[1], cells[0]), interpolation=cv2.INTER_AREA))
