"""The augmentation of the second stage."""

import albumentations as A
import cv2
import numpy as np

from mitosis.augment.jpeg import Jpeg
from mitosis.augment.seeded import apply, check_square
from mitosis.augment.stain_jitter import StainJitter


class CandidateAugment:
    """What a crop round one nucleus may go through and stay the same nucleus: turned, moved, lit and stained otherwise.

    One of the square's eight symmetries; with probability ``warp`` a rotation by up to 45°, a rescaling by 0.9–1.1 and
    a shift by up to 3 % of the side, the border reflected; with probability ``colour`` brightness and contrast ±10 %,
    and again hue ±8° and saturation ±4 % of its range; with probability ``noise`` Gaussian noise of 3–7 grey levels;
    with probability ``blur`` Gaussian blur (σ 0.5–1.5 px). ``stain_jitter`` and ``jpeg`` are the probabilities of a
    change of both stains and of JPEG's traces, last of all.

    Called with image (S, S, 3) uint8, mask (S, S) uint8 or None, and a seed ≥ 0; returns both at the size given.
    The result is a function of the arguments alone. ValueError for an image that is not square.
    """

    def __init__(
        self,
        warp: float = 0.75,
        colour: float = 0.75,
        noise: float = 0.3,
        blur: float = 0.2,
        stain_jitter: float = 0.0,
        jpeg: float = 0.0,
    ) -> None:
        self._transforms = A.Compose(
            [
                A.D4(p=1),
                A.Affine(
                    rotate=(-45, 45),
                    scale=(0.9, 1.1),
                    translate_percent=(-0.03, 0.03),
                    keep_ratio=True,
                    border_mode=cv2.BORDER_REFLECT_101,
                    p=warp,
                ),
                A.RandomBrightnessContrast(brightness_limit=0.1, contrast_limit=0.1, p=colour),
                # OpenCV's hue has 180 steps to the circle, its saturation 255.
                A.HueSaturationValue(hue_shift_limit=4, sat_shift_limit=10, val_shift_limit=0, p=colour),
                A.GaussianBlur(blur_limit=0, sigma_limit=(0.5, 1.5), p=blur),
                A.GaussNoise(std_range=(0.0124, 0.0277), p=noise),
                StainJitter(p=stain_jitter),
                Jpeg(p=jpeg),
            ]
        )

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """The augmented image and mask; the same ``seed`` gives the same."""
        check_square(image)
        return apply(self._transforms, image, mask, seed)
