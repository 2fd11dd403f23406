"""The augmentation for SCMitosis' segmentation network."""

import albumentations as A
import cv2
import numpy as np

from mitosis.augment.jpeg import Jpeg
from mitosis.augment.seeded import apply
from mitosis.augment.stain_jitter import StainJitter


class SCMitosisAugment:
    """Random flip, rotation, filtering, rescaling and cropping.

    Horizontal and vertical flips have probability 1/2 each. The transforms below follow in this order. The paper gives
    no amounts and uses neither ``stain_jitter`` nor ``jpeg``.

    Args:
        warp: Probability of a rotation by any angle and a rescaling about the centre, with reflection at the border.
        scale: Range of the rescaling factor. The tile keeps its size, so factors above 1 crop it.
        filtering: Probability of a Gaussian blur (σ 0.5–1 px), sharpening or a median filter (3 or 5 px).
        stain_jitter: Probability of ``StainJitter``.
        jpeg: Probability of JPEG compression (``Jpeg``).

    Source:
        SCMitosis, section 4.1.3.
    """

    def __init__(
        self,
        warp: float = 0.75,
        scale: tuple[float, float] | list[float] = (0.8, 1.25),
        filtering: float = 0.3,
        stain_jitter: float = 0.0,
        jpeg: float = 0.0,
    ) -> None:
        self._transforms = A.Compose(
            [
                A.HorizontalFlip(p=0.5),
                A.VerticalFlip(p=0.5),
                A.Affine(
                    rotate=(-180, 180),
                    scale=(scale[0], scale[1]),
                    keep_ratio=True,
                    border_mode=cv2.BORDER_REFLECT_101,
                    p=warp,
                ),
                A.OneOf(
                    [
                        A.GaussianBlur(blur_limit=0, sigma_limit=(0.5, 1.0), p=1),
                        A.Sharpen(alpha=(0.2, 0.5), lightness=(1.0, 1.0), p=1),  # lightness 1 keeps the brightness
                        A.MedianBlur(blur_limit=(3, 5), p=1),
                    ],
                    p=filtering,
                ),
                StainJitter(p=stain_jitter),
                Jpeg(p=jpeg),
            ]
        )

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
