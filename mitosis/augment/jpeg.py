"""Compression to JPEG and back, as scanners store their slides."""

from collections.abc import Sequence
from typing import Any, Literal

import albumentations as A
import numpy as np
from typing_extensions import override

from mitosis.augment.seeded import apply

QUALITY = (50, 95)


class Jpeg(A.ImageCompression):
    """JPEG of a quality drawn from ``quality``: lowest and highest, at most 100.

    albumentations hands the encoder, which wants blue first, red for blue; the traces would be those of other colours.
    """

    def __init__(self, quality: Sequence[int] = QUALITY, p: float = 0.5) -> None:
        low, high = quality
        super().__init__("jpeg", (low, high), p=p)

    @override
    def apply(self, img: np.ndarray, quality: int, image_type: Literal[".jpg", ".webp"], **params: Any) -> np.ndarray:
        return np.ascontiguousarray(super().apply(img[..., ::-1], quality, image_type, **params)[..., ::-1])


class JpegAugment:
    """``Jpeg`` alone, with ``probability``; other augmentations take it in by their key ``jpeg``.

    Called with image (H, W, 3) uint8, mask (H, W) uint8 or None, and a seed ≥ 0; returns both at the size given.
    The result is a function of the arguments alone.
    """

    def __init__(self, probability: float = 1.0, quality: Sequence[int] = QUALITY) -> None:
        self._transforms = A.Compose([Jpeg(quality, p=probability)])

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """The augmented image and mask; the same ``seed`` gives the same."""
        return apply(self._transforms, image, mask, seed)
