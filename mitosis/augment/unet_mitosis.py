"""The augmentation of the U-Net paper."""

import albumentations as A
import cv2
import numpy as np

from mitosis.augment.jpeg import Jpeg
from mitosis.augment.seeded import apply, check_square
from mitosis.augment.stain_jitter import StainJitter


class UNetMitosisAugment:
    """The eight transforms of the U-Net paper, each with probability 1/2.

    RandomRotate90, HorizontalFlip, VerticalFlip, Transpose, ShiftScaleRotate, GaussNoise, RandomBrightnessContrast and
    HueSaturationValue, in this order. The paper gives neither amounts nor probabilities; the amounts are
    albumentations' defaults: a shift by up to 6 %, a rescaling by 0.9–1.1, a rotation by up to 45°; brightness and
    contrast ±20 %; hue ±40°, saturation ±30 and value ±20 of 255. Two things differ from the defaults: the border is
    reflected instead of black, and the noise has 3–7 grey levels instead of 51–112.

    Args:
        stain_jitter: Probability of ``StainJitter``, applied last but one; not in the paper.
        jpeg: Probability of JPEG compression (``Jpeg``), applied last; not in the paper.

    Source:
        "Detecting Mitosis Cells using U-Nets", section V.B.
    """

    def __init__(self, stain_jitter: float = 0.0, jpeg: float = 0.0) -> None:
        self._transforms = A.Compose(
            [
                A.RandomRotate90(p=0.5),
                A.HorizontalFlip(p=0.5),
                A.VerticalFlip(p=0.5),
                A.Transpose(p=0.5),
                # ShiftScaleRotate by the name that albumentations now recommends, with one factor for both axes.
                A.Affine(
                    translate_percent=(-0.0625, 0.0625),
                    scale=(0.9, 1.1),
                    rotate=(-45, 45),
                    keep_ratio=True,
                    border_mode=cv2.BORDER_REFLECT_101,
                    mask_interpolation=cv2.INTER_NEAREST,
                    p=0.5,
                ),
                A.GaussNoise(std_range=(0.0124, 0.0277), p=0.5),
                A.RandomBrightnessContrast(p=0.5),
                A.HueSaturationValue(p=0.5),
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
