"""The augmentation of the second stage."""

import albumentations as A
import cv2
import numpy as np

from mitosis.augment.jpeg import Jpeg
from mitosis.augment.seeded import apply, check_square
from mitosis.augment.stain_jitter import StainJitter


class CandidateAugment:
    """Mild geometric and colour changes for a crop around one nucleus, which keep it the same nucleus.

    Every crop gets one of the square's eight symmetries. The transforms below are applied in this order.

    Args:
        warp: Probability of a rotation by up to 45°, a rescaling by 0.9–1.1 and a shift by up to 3 % of the side, with
            reflection at the border.
        colour: Probability of changing brightness and contrast by ±10 %, and separately of changing hue by ±8° and
            saturation by ±4 % of its range.
        blur: Probability of a Gaussian blur, σ 0.5–1.5 px.
        noise: Probability of Gaussian noise, σ 3–7 grey levels.
        stain_jitter: Probability of ``StainJitter``.
        jpeg: Probability of JPEG compression (``Jpeg``).
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
                # In OpenCV the full circle of hue has 180 steps, saturation 255.
                A.HueSaturationValue(hue_shift_limit=4, sat_shift_limit=10, val_shift_limit=0, p=colour),
                A.GaussianBlur(blur_limit=0, sigma_limit=(0.5, 1.5), p=blur),
                A.GaussNoise(std_range=(0.0124, 0.0277), p=noise),
                StainJitter(p=stain_jitter),
                Jpeg(p=jpeg),
            ]
        )

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Augment an image and its mask; the result depends only on the arguments.

        Args:
            image: (S, S, 3) uint8 RGB.
            mask: (S, S) uint8, or None.
            seed: Any int ≥ 0.

        Returns:
            (image, mask) of the same shapes; the mask is None if None was given.

        Raises:
            ValueError: The image is not square.
        """
        check_square(image)
        return apply(self._transforms, image, mask, seed)
