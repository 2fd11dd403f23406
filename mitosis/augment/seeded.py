"""Albumentations transforms as pure functions of image, mask and seed."""

import random

import albumentations as A
import numpy as np


def apply(
    transforms: A.Compose, image: np.ndarray, mask: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Run ``transforms`` so that the result depends only on ``image``, ``mask`` and ``seed``.

    ``image``: (H, W, 3) uint8. ``mask``: (H, W) uint8 or None. ``seed``: any int ≥ 0. Neither array is modified; the
    results may share memory with them. Returns (image, mask); the mask is None if None was given.
    """
    # Not set_random_seed: it seeds each transform's generator with the same seed, so that all draw the same numbers and
    # a horizontal flip always comes with a vertical one. Here all transforms share one generator.
    transforms.set_random_state(np.random.default_rng(seed), random.Random(seed))
    if mask is None:
        return transforms(image=image)["image"], None
    result = transforms(image=image, mask=mask)
    return result["image"], result["mask"]


def check_square(image: np.ndarray) -> None:
    """``ValueError`` unless the image is square, so that quarter turns keep its shape."""
    if image.shape[0] != image.shape[1]:
        raise ValueError(f"quarter turns need a square image, not {image.shape[1]} x {image.shape[0]}")
