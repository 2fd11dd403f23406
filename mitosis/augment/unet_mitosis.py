"""The augmentation of the U-Net paper."""

import albumentations as A
import cv2
import numpy as np

from mitosis.augment.jpeg import Jpeg
from mitosis.augment.seeded import apply, check_square
from mitosis.augment.stain_jitter import StainJitter


class UNetMitosisAugment:
    """The eight of "Detecting Mitosis Cells using U-Nets" (section V.B), which gives neither amounts nor probabilities.

    RandomRotate90, HorizontalFlip, VerticalFlip, Transpose, ShiftScaleRotate, GaussNoise, RandomBrightnessContrast and
    HueSaturationValue in this order, each with probability 1/2 and in albumentations' amounts: a shift by up to 6 %, a
    rescaling by 0.9–1.1, a rotation by up to 45°; brightness and contrast ±20 %; hue ±40°, saturation ±30 and value
    ±20 of 255. Ours are the border, reflected instead of black, and the noise, of 3–7 grey levels instead of 51–112.
    ``stain_jitter`` and ``jpeg`` are the probabilities of what the paper does not have, last of all.

    Called with image (S, S, 3) uint8, mask (S, S) uint8 or None, and a seed ≥ 0; returns both at the size given.
    The result is a function of the arguments alone. ValueError for an image that is not square.
    """

    def __init__(self, stain_jitter: float = 0.0, jpeg: float = 0.0) -> None:
        self._transforms = A.Compose(
            [
                A.RandomRotate90(p=0.5),
                A.HorizontalFlip(p=0.5),
                A.VerticalFlip(p=0.5),
                A.Transpose(p=0.5),
                # ShiftScaleRotate, which warns to be called by this name, with one factor for both axes.
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
        """The augmented image and mask; the same ``seed`` gives the same."""
        check_square(image)
        return apply(self._transforms, image, mask, seed)
