"""The augmentation of SCMitosis' segmentation network."""

import albumentations as A
import cv2
import numpy as np

from mitosis.augment.jpeg import Jpeg
from mitosis.augment.seeded import apply
from mitosis.augment.stain_jitter import StainJitter


class SCMitosisAugment:
    """Random flip, rotation, filtering, rescaling and cropping: SCMitosis (section 4.1.3), which gives no amounts.

    Flips with probability 1/2 each way; with probability ``warp`` one warp about the centre that turns by any angle and
    rescales by a factor drawn from ``scale`` (above 1 enlarges; the tile keeps its size, so enlarging crops), the
    border reflected; with probability ``filtering`` a Gaussian blur (σ 0.5–1 px), a sharpening or a median (3 or 5 px).
    ``stain_jitter`` and ``jpeg`` are the probabilities of a change of both stains and of JPEG's traces, last of all;
    the paper has neither.

    Called with image (H, W, 3) uint8, mask (H, W) uint8 or None, and a seed ≥ 0; returns both at the size given.
    The result is a function of the arguments alone.
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
        """The augmented image and mask; the same ``seed`` gives the same."""
        return apply(self._transforms, image, mask, seed)
