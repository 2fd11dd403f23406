"""Optical density of 8-bit pixels, the space in which stains are additive."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

# -ln(I / 255) for each grey level; black counts as level 1, since its density would be infinite.
DENSITY = -np.log(np.maximum(np.arange(256), 1) / 255)

_BLOCK = 1 << 14  # pixels processed at a time: their densities fit in the cache of a core
_BLOCKS_OF_A_THREAD = 16  # fewer are not worth the start of a thread


def densities(pixels: np.ndarray) -> np.ndarray:
    """Optical densities, (n, 3) float32, of pixels (n, 3) uint8."""
    return cv2.LUT(pixels[None], DENSITY.astype(np.float32))[0] if len(pixels) else np.zeros((0, 3), np.float32)


def recolour(image: np.ndarray, matrix: np.ndarray, shift: Sequence[float] | np.ndarray = (0, 0, 0)) -> np.ndarray:
    """Multiply every pixel's optical density by a matrix and add ``shift``; large images use all of OpenCV's threads.

    ``image``: (height, width, 3) uint8. ``matrix``: (3, 3); density out = density in @ matrix + shift. Returns an array
    of the same shape and type, rounded to grey levels; densities below 0 become white (255).
    """
    pixels = np.ascontiguousarray(image).reshape(1, -1, 3)
    result = np.empty_like(pixels)
    # The logarithm of the transmission, so that the exponential needs no change of sign.
    table = -DENSITY.astype(np.float32)
    affine = np.ascontiguousarray(np.column_stack([matrix.T, -np.asarray(shift)]), dtype=np.float32)
    starts = range(0, pixels.shape[1], _BLOCK)

    def work(mine: Sequence[int]) -> None:
        one, other = np.empty((2, 1, min(_BLOCK, pixels.shape[1]), 3), np.float32)
        for start in mine:
            given = pixels[:, start : start + _BLOCK]
            size = given.shape[1]
            first, second = one[:, :size], other[:, :size]
            cv2.LUT(given, table, dst=first)
            cv2.transform(first, affine, dst=second)
            # Clip before the exponential: OpenCV converts an overflowing float to 0, which would turn white into black.
            cv2.threshold(second, 0, 0, cv2.THRESH_TRUNC, dst=first)
            cv2.exp(first, dst=second)
            cv2.convertScaleAbs(second, dst=result[:, start : start + size], alpha=255)

    threads = min(cv2.getNumThreads(), len(starts) // _BLOCKS_OF_A_THREAD)
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, (starts[number::threads] for number in range(threads))))
    else:
        work(starts)
    return result.reshape(image.shape)
