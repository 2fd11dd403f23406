"""Albumentations made a function of its arguments."""

import random

import albumentations as A
import numpy as np


def apply(
    transforms: A.Compose, image: np.ndarray, mask: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Run ``transforms`` so that the result depends on ``image``, ``mask`` and ``seed`` alone.

    ``image``: (H, W, 3) uint8. ``mask``: (H, W) uint8 or None. ``seed``: any int ≥ 0. Neither array is written to; the
    results may share memory with them. Returns (image, mask), mask None where None was given.
    """
    # Not set_random_seed: it gives each transform a generator of its own from the one seed, so that all draw the same
    # numbers and a horizontal flip never comes without a vertical one. One generator is handed from each to the next.
    transforms.set_random_state(np.random.default_rng(seed), random.Random(seed))
    if mask is None:
        return transforms(image=image)["image"], None
    result = transforms(image=image, mask=mask)
    return result["image"], result["mask"]


def check_square(image: np.ndarray) -> None:
    """``ValueError`` for an image that a quarter turn would give another shape."""
    if image.shape[0] != image.shape[1]:
        raise ValueError(f"quarter turns need a square image, not {image.shape[1]} x {image.shape[0]}")
