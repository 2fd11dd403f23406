"""Which pixels show tissue, and which only glass."""

import cv2
import numpy as np

_LIGHTNESS = 204
"""8-bit L of CIELAB: 0.8 of white."""


def is_tissue(pixels: np.ndarray) -> np.ndarray:
    """(H, W) bool of an image (H, W, 3) uint8 RGB: where it is darker than 0.8 of white; any number of pixels."""
    if not pixels.size:
        return np.zeros(pixels.shape[:2], bool)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 0] < _LIGHTNESS
