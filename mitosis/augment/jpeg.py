"""JPEG compression artefacts, such as scanners leave when they store slides."""

from collections.abc import Sequence
from typing import Any, Literal

import albumentations as A
import numpy as np
from typing_extensions import override

from mitosis.augment.seeded import apply

QUALITY = (50, 95)


class Jpeg(A.ImageCompression):
    """JPEG compression with a random quality.

    albumentations passes RGB to an encoder that expects BGR, which would give the artefacts of other colours; here the
    channels are swapped.

    Args:
        quality: Lowest and highest quality, at most 100.
        p: Probability of the transform.
    """

    def __init__(self, quality: Sequence[int] = QUALITY, p: float = 0.5) -> None:
        low, high = quality
        super().__init__("jpeg", (low, high), p=p)

    @override
    def apply(self, img: np.ndarray, quality: int, image_type: Literal[".jpg", ".webp"], **params: Any) -> np.ndarray:
        return np.ascontiguousarray(super().apply(img[..., ::-1], quality, image_type, **params)[..., ::-1])


class JpegAugment:
    """JPEG compression as the only augmentation; other augmentations include it with their argument ``jpeg``.

    Args:
        probability: Probability of the compression.
        quality: Lowest and highest quality, at most 100.
    """

    def __init__(self, probability: float = 1.0, quality: Sequence[int] = QUALITY) -> None:
        self._transforms = A.Compose([Jpeg(quality, p=probability)])

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Augment an image and its mask; the result depends only on the arguments.

        Args:
            image: (H, W, 3) uint8 RGB.
            mask: (H, W) uint8, or None.
            seed: Any int ≥ 0.

        Returns:
            (image, mask) of the same shapes; the mask is None if None was given.
        """
        return apply(self._transforms, image, mask, seed)
