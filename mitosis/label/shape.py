"""The shape of a cell: its pixels in an image, conversion between pixels and polygons, centres and bounds."""

import numpy as np
from scipy.ndimage import binary_fill_holes
from skimage.draw import disk, polygon
from skimage.measure import find_contours

from mitosis.label.annotation import Annotation

Box = tuple[float, float, float, float]


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


def rasterised(outlines: list[np.ndarray]) -> np.ndarray:
    """All pixels whose centre lies in one of the polygons ((k, 2) float x, y), as (n, 2) int32 x, y; n may be 0."""
    parts = []
    for outline in outlines:
        first = np.floor(outline.min(axis=0))  # skimage cuts off negative coordinates
        y, x = polygon(*(outline - first).T[::-1])
        parts.append(np.stack([x, y], axis=1) + first.astype(np.int64))
    return np.unique(np.concatenate(parts), axis=0).astype(np.int32)


def outlined(pixels: np.ndarray) -> list[np.ndarray]:
    """The polygons around (n, 2) pixels, one per 8-connected component, half a pixel outside; holes are filled.

    ``rasterised`` is the inverse, except that holes stay filled.
    """
    first = pixels.min(axis=0)
    x, y = (pixels - first).T
    mask = np.zeros((y.max() + 3, x.max() + 3), dtype=bool)
    mask[y + 1, x + 1] = True
    contours = find_contours(binary_fill_holes(mask), 0.5, fully_connected="high")
    return [contour[:-1, ::-1] - 1 + first for contour in contours]


def middle(outline: np.ndarray) -> tuple[float, float]:
    """(x, y) of a polygon's centroid, or the mean of its corners if its area is 0."""
    (x, y), origin = (outline - outline[0]).T, outline[0]
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    area = cross.sum() / 2
    if abs(area) < 1e-9:
        return tuple(map(float, outline.mean(axis=0)))  # pyright: ignore
    centre = [((value + np.roll(value, -1)) * cross).sum() / (6 * area) for value in (x, y)]
    return float(centre[0] + origin[0]), float(centre[1] + origin[1])


def area(outline: np.ndarray) -> float:
    """The area of a polygon."""
    x, y = (outline - outline[0]).T
    return float(abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2)


def bounds(outline: np.ndarray | None, pixels: np.ndarray | None) -> Box | None:
    """The bounding box of the pixels, half a pixel outside, or of the outline; None if both are None."""
    if pixels is not None:
        (x1, y1), (x2, y2) = pixels.min(axis=0) - 0.5, pixels.max(axis=0) + 0.5
    elif outline is not None:
        (x1, y1), (x2, y2) = outline.min(axis=0), outline.max(axis=0)
    else:
        return None
    return float(x1), float(y1), float(x2), float(y2)


def joined(outlines: list[np.ndarray]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(outline, pixels) of a cell given as polygons: the outline for one polygon, the pixels for several.

    If several polygons contain no pixel centre, the first is the outline.
    """
    if len(outlines) > 1 and len(pixels := rasterised(outlines)):
        return None, pixels
    return outlines[0], None
