"""Optical density of 8-bit pixels: the space where stains add up."""

from collections.abc import Sequence

import cv2
import numpy as np

# One entry per grey level: -ln(I / 255), black counted as level 1 because its density would be infinite.
DENSITY = -np.log(np.maximum(np.arange(256), 1) / 255)

_STRIP = 1 << 20  # pixels worked on at once: a field of 20000 x 20000 would take 5 GB in one go


def recolour(image: np.ndarray, matrix: np.ndarray, shift: Sequence[float] | np.ndarray = (0, 0, 0)) -> np.ndarray:
    """Multiply every pixel's optical density by a matrix, and add ``shift`` to it.

    ``image``: (height, width, 3) uint8. ``matrix``: (3, 3), density out = density in @ matrix + shift. Returns an array
    like ``image``, rounded to whole grey levels; densities below 0 become white (255).
    """
    table = DENSITY.astype(np.float32)
    affine = np.ascontiguousarray(np.column_stack([matrix.T, shift]), dtype=np.float32)
    result = np.empty(image.shape, np.uint8)
    rows = max(1, _STRIP // max(1, image.shape[1]))
    for top in range(0, image.shape[0], rows):
        density = cv2.transform(cv2.LUT(np.ascontiguousarray(image[top : top + rows]), table), affine)
        # Clipped before the exponential: OpenCV turns an overflowing float into 0, and white would become black.
        np.clip(density, 0, 80, out=density)
        result[top : top + rows] = cv2.convertScaleAbs(cv2.exp(np.negative(density, out=density)), alpha=255)
    return result
