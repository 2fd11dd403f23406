"""Separates tissue from glass."""

import cv2
import numpy as np

_LIGHTNESS = 204
"""Threshold on the 8-bit L of CIELAB: 0.8 of white."""
_SAMPLE = 200_000
"""Approximate number of pixels sampled from an image."""
BLACK = 16
"""Pixels with all channels below this level are padding or pen; their colour is noise."""


def is_tissue(pixels: np.ndarray) -> np.ndarray:
    """(H, W) bool: where an image (H, W, 3) uint8 RGB is darker than 0.8 of white; the image may be empty."""
    if not pixels.size:
        return np.zeros(pixels.shape[:2], bool)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 0] < _LIGHTNESS


def sample(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sample a regular grid of at most about 200 000 pixels, without black ones, and tell which are tissue.

    ``image``: (H, W, 3) uint8 RGB. Returns (n, 3) uint8 and (n,) bool; n may be 0.
    """
    height, width = image.shape[:2]
    # The step is odd, since steps of 2, 4 or 8 would always hit the same positions in JPEG's 8 x 8 blocks.
    step = int((height * width / _SAMPLE) ** 0.5) | 1
    pixels = image[::step, ::step].reshape(-1, 3)
    red, green, blue = pixels.T
    # BLACK is a power of two: a channel reaches it exactly where their bitwise or does.
    pixels = np.compress((red | green | blue) >= BLACK, pixels, axis=0)
    return pixels, is_tissue(pixels[None])[0]
