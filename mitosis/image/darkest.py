"""Finding the nucleus that a point beside it means."""

import math

import cv2
import numpy as np


def darkest_nearby(
    image: np.ndarray, point: tuple[float, float], *, radius: float, sigma: float
) -> tuple[float, float]:
    """Return the darkest place near a point: the minimum of the smoothed grey value.

    It finds the nucleus that is meant by an annotation a few µm beside it, such as one carried over from another scan.

    Args:
        image: (H, W, 3) uint8 RGB.
        point: (x, y) in pixels.
        radius: Greatest distance from the point in pixels, to the centre of a pixel. 3.4 µm suit MITOS-ATYPIA-14.
        sigma: Standard deviation in pixels of the Gaussian that smooths the grey values. About 1 µm suits nuclei.

    Returns:
        (x, y) of the centre of a pixel; of several equally dark ones the nearest. ``point`` itself if no pixel of the
        image is within the radius.
    """
    x, y = point
    margin = radius + math.ceil(4 * sigma)  # beyond it the Gaussian adds less than a grey level
    left, top = max(0, math.floor(x - margin)), max(0, math.floor(y - margin))
    window = image[top : max(top, math.ceil(y + margin) + 1), left : max(left, math.ceil(x + margin) + 1)]
    if window.size == 0:
        return point
    grey = cv2.cvtColor(np.ascontiguousarray(window), cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    rows, columns = np.mgrid[top : top + len(grey), left : left + grey.shape[1]]
    distance = np.hypot(columns - x, rows - y)
    within = np.flatnonzero(distance <= radius)
    if within.size == 0:
        return point
    best = within[np.lexsort((distance.ravel()[within], smooth.ravel()[within].round(3)))[0]]
    return float(columns.ravel()[best]), float(rows.ravel()[best])
