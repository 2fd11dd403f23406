"""Optical density of 8-bit pixels, the space in which stains are additive."""

from collections.abc import Sequence

import cv2
import numpy as np

# -ln(I / 255) for each grey level; black counts as level 1, since its density would be infinite.
DENSITY = -np.log(np.maximum(np.arange(256), 1) / 255)

_STRIP = 1 << 20  # pixels processed at a time: a whole field of 20000 x 20000 pixels would need 5 GB


def recolour(image: np.ndarray, matrix: np.ndarray, shift: Sequence[float] | np.ndarray = (0, 0, 0)) -> np.ndarray:
    """Multiply every pixel's optical density by a matrix and add ``shift``.

    ``image``: (height, width, 3) uint8. ``matrix``: (3, 3); density out = density in @ matrix + shift. Returns an array
    of the same shape and type, rounded to grey levels; densities below 0 become white (255).
    """
    table = DENSITY.astype(np.float32)
    affine = np.ascontiguousarray(np.column_stack([matrix.T, shift]), dtype=np.float32)
    result = np.empty(image.shape, np.uint8)
    rows = max(1, _STRIP // max(1, image.shape[1]))
    for top in range(0, image.shape[0], rows):
        density = cv2.transform(cv2.LUT(np.ascontiguousarray(image[top : top + rows]), table), affine)
        # Clip before the exponential: OpenCV converts an overflowing float to 0, which would turn white into black.
        np.clip(density, 0, 80, out=density)
        result[top : top + rows] = cv2.convertScaleAbs(cv2.exp(np.negative(density, out=density)), alpha=255)
    return result
