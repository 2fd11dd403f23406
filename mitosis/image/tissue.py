"""Which pixels show tissue, and which only glass."""

import cv2
import numpy as np

_LIGHTNESS = 204
"""8-bit L of CIELAB: 0.8 of white."""
_SAMPLE = 200_000
"""Pixels of an image that are looked at."""
_BLACK = 16
"""Padding and pen: no channel reaches this level, so the colour is noise."""


def is_tissue(pixels: np.ndarray) -> np.ndarray:
    """(H, W) bool of an image (H, W, 3) uint8 RGB: where it is darker than 0.8 of white; any number of pixels."""
    if not pixels.size:
        return np.zeros(pixels.shape[:2], bool)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 0] < _LIGHTNESS


def sample(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A regular grid of at most about 200 000 pixels of an image, without black ones, and which of them are tissue.

    ``image``: (H, W, 3) uint8 RGB. Returns (n, 3) uint8 and (n,) bool; n may be 0.
    """
    height, width = image.shape[:2]
    # The step is odd: a step of 2, 4 or 8 meets the same places of JPEG's 8 x 8 blocks over and over.
    step = int((height * width / _SAMPLE) ** 0.5) | 1
    pixels = image[::step, ::step].reshape(-1, 3)
    pixels = pixels[pixels.max(axis=1, initial=0) >= _BLACK]
    return pixels, is_tissue(pixels[:, None])[:, 0]
