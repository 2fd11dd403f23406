"""The shape of a cell: its pixels in an image, conversion between pixels and polygons, centres and bounds."""

import numpy as np
from scipy.ndimage import binary_fill_holes
from skimage.draw import disk, polygon
from skimage.measure import find_contours

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation

Box = tuple[float, float, float, float]

MOST = 2**26
"""Greatest number of pixels in the frame around a cell: 8192 x 8192."""
_LINES = 256
"""Number of lines that the inside of a ring is summed over."""
_TOLERANCE = 0.02
"""Relative difference up to which that sum and the exact area are the same."""


def inside(cell: Annotation, size: tuple[int, int]) -> bool:
    """Whether the cell's centre lies in a pixel of an image of ``size`` (height, width)."""
    height, width = size
    return -0.5 <= cell.x < width - 0.5 and -0.5 <= cell.y < height - 0.5


def pixels_within(cell: Annotation, size: tuple[int, int], radius: float) -> np.ndarray | None:
    """The cell's annotated pixels, or the inside of its outline, or a disc of ``radius`` pixels around its centre.

    Returns (n, 2) int32 x, y, n ≥ 1. Pixels outside the image of ``size`` (height, width) are cut off. None if no pixel
    is left or the centre lies outside. An outline or a disc covers at least the pixel at the centre.
    """
    height, width = size
    if not inside(cell, size):
        return None
    if cell.pixels is not None:
        within = ((cell.pixels >= 0) & (cell.pixels < (width, height))).all(axis=1)
        return cell.pixels[within].astype(np.int32) if within.any() else None
    if cell.outline is not None:
        y, x = polygon(cell.outline[:, 1], cell.outline[:, 0], shape=size)
    else:
        y, x = disk((cell.y, cell.x), radius, shape=size)
    pixels = np.stack([x, y], axis=1) if len(x) else np.array([[round(cell.x), round(cell.y)]])
    return pixels.astype(np.int32)


def rasterised(outlines: list[np.ndarray], where: str) -> np.ndarray:
    """All pixels whose centre lies in one of the polygons ((k, 2) float x, y), as (n, 2) int32 x, y; n may be 0.

    Raises ``InputError`` as ``check_extent``.
    """
    parts = []
    for outline in outlines:
        check_extent(outline, where)
        first = np.floor(outline.min(axis=0))  # skimage cuts off negative coordinates
        y, x = polygon(*(outline - first).T[::-1])
        parts.append(np.stack([x, y], axis=1) + first.astype(np.int64))
    return np.unique(np.concatenate(parts), axis=0).astype(np.int32)


def check_extent(places: np.ndarray, where: str) -> None:
    """``InputError`` that starts with ``where`` if (n, 2) places lie too far apart to be those of one cell."""
    width, height = np.ptp(places.astype(np.float64), axis=0)
    if width * height > MOST:
        raise InputError(f"{where}: an outline of {width:g} x {height:g} pixels is that of no cell; remove it")


def outlined(pixels: np.ndarray, where: str) -> list[np.ndarray]:
    """The polygons around (n, 2) pixels, one per 8-connected component, half a pixel outside; holes are filled.

    ``rasterised`` is the inverse, except that holes stay filled. Raises ``InputError`` as ``check_extent``.
    """
    check_extent(pixels, where)
    first = pixels.min(axis=0)
    x, y = (pixels - first).T
    mask = np.zeros((y.max() + 3, x.max() + 3), dtype=bool)
    mask[y + 1, x + 1] = True
    contours = find_contours(binary_fill_holes(mask), 0.5, fully_connected="high")
    return [contour[:-1, ::-1] - 1 + first for contour in contours]


def middle(outline: np.ndarray) -> tuple[float, float]:
    """(x, y) of a polygon's centroid, or the mean of its corners if its area is 0.

    The inside of a ring that crosses itself is what an odd number of its turns surrounds, as ``rasterised`` fills it.
    The centre lies in the ring's convex hull.
    """
    origin = outline[0]
    signed, *centre = _signed(outline - origin)
    filled, *other = _scanned(outline - origin)
    if filled < 1e-9:
        return tuple(map(float, outline.mean(axis=0)))  # pyright: ignore
    far = np.hypot(centre[0] - other[0], centre[1] - other[1]) > _TOLERANCE * np.ptp(outline, axis=0).max()
    x, y = other if far or not _is_simple(signed, filled) else centre
    return float(x + origin[0]), float(y + origin[1])


def area(outline: np.ndarray) -> float:
    """The area of a polygon; of a ring that crosses itself, as for ``middle``."""
    signed, filled = _signed(outline - outline[0])[0], _scanned(outline - outline[0])[0]
    return abs(signed) if _is_simple(signed, filled) else filled


def _is_simple(signed: float, filled: float) -> bool:
    """Whether the areas agree; where a ring crosses itself, the signed areas of its parts cancel or count twice."""
    return abs(abs(signed) - filled) <= _TOLERANCE * filled


def _signed(outline: np.ndarray) -> tuple[float, float, float]:
    """Signed area and centroid (x, y) of a simple polygon, by Green's theorem; exact."""
    x, y = outline.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    signed = cross.sum() / 2
    if abs(signed) < 1e-9:
        return 0.0, 0.0, 0.0
    centre = [float(((value + np.roll(value, -1)) * cross).sum() / (6 * signed)) for value in (x, y)]
    return float(signed), *centre  # pyright: ignore


def _scanned(outline: np.ndarray) -> tuple[float, float, float]:
    """Area and centroid (x, y) of any ring's inside, by the even-odd rule, summed over ``_LINES`` lines along x."""
    (x1, y1), (x2, y2) = outline.T, np.roll(outline, -1, axis=0).T
    height = (y1.max() - y1.min()) / _LINES
    lines = y1.min() + (np.arange(_LINES)[:, None] + 0.5) * height
    crossed = (y1 <= lines) != (y2 <= lines)
    slope = np.divide(x2 - x1, y2 - y1, out=np.zeros(len(outline)), where=y2 != y1)
    places = np.sort(np.where(crossed, x1 + (lines - y1) * slope, np.inf), axis=1)
    left, right = places[:, : 2 * (places.shape[1] // 2) : 2], places[:, 1::2]
    inside = np.isfinite(right)
    left, right = np.where(inside, left, 0), np.where(inside, right, 0)
    lengths = (right - left).sum(axis=1)
    total = lengths.sum()
    if total * height < 1e-9:
        return 0.0, 0.0, 0.0
    x, y = (right**2 - left**2).sum() / 2 / total, (lengths * lines[:, 0]).sum() / total
    return float(total * height), float(x), float(y)


def bounds(outline: np.ndarray | None, pixels: np.ndarray | None) -> Box | None:
    """The bounding box of the pixels, half a pixel outside, or of the outline; None if both are None."""
    if pixels is not None:
        (x1, y1), (x2, y2) = pixels.min(axis=0) - 0.5, pixels.max(axis=0) + 0.5
    elif outline is not None:
        (x1, y1), (x2, y2) = outline.min(axis=0), outline.max(axis=0)
    else:
        return None
    return float(x1), float(y1), float(x2), float(y2)


def joined(outlines: list[np.ndarray], where: str) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(outline, pixels) of a cell given as polygons: the outline for one polygon, the pixels for several.

    If several polygons contain no pixel centre, the first is the outline. Raises ``InputError`` as ``rasterised``.
    """
    if len(outlines) > 1 and len(pixels := rasterised(outlines, where)):
        return None, pixels
    return outlines[0], None
