"""Random changes of the amounts of hematoxylin and eosin, as between laboratories."""

from typing import Any

import albumentations as A
import numpy as np
from typing_extensions import override

from mitosis.augment.seeded import apply
from mitosis.image.optical_density import recolour

# Optical densities of R, G, B (Ruifrok & Johnston 2001). Fixed, since an estimate from a single tile is too uncertain.
HEMATOXYLIN_EOSIN = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])

SCALE, SHIFT = 0.2, 0.05


class StainJitter(A.ImageOnlyTransform):
    """Scales and shifts the concentration of each stain by random amounts.

    The method is that of Tellez et al. (IEEE TMI 2018), with other amounts. Concentrations are computed by least
    squares. The residual that is neither stain is kept, so that an image with zero jitter does not change.
    (albumentations' ``HEStain`` drops the residual, which alone changes a field by many grey levels.) The shift also
    applies to glass.

    Args:
        scale: Each concentration is multiplied by a factor drawn uniformly from 1 ± ``scale``.
        shift: Each concentration is shifted by an amount drawn uniformly from ± ``shift``, in natural optical density.
        p: Probability of the transform.
    """

    def __init__(self, scale: float = SCALE, shift: float = SHIFT, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.scale, self.shift = scale, shift

    @override
    def get_params(self) -> dict[str, Any]:
        draw = self.random_generator.uniform
        return {"factors": draw(-self.scale, self.scale, 2), "offsets": draw(-self.shift, self.shift, 2)}

    @override
    def apply(self, img: np.ndarray, factors: np.ndarray, offsets: np.ndarray, **params: Any) -> np.ndarray:
        unmix = np.linalg.pinv(HEMATOXYLIN_EOSIN)
        matrix = np.eye(3) + unmix * factors @ HEMATOXYLIN_EOSIN
        return recolour(img, matrix, offsets @ HEMATOXYLIN_EOSIN)


class StainJitterAugment:
    """Stain jitter as the only augmentation; other augmentations include it with their argument ``stain_jitter``.

    Args:
        probability: Probability of the jitter.
        scale: As for ``StainJitter``.
        shift: As for ``StainJitter``.
    """

    def __init__(self, probability: float = 1.0, scale: float = SCALE, shift: float = SHIFT) -> None:
        self._transforms = A.Compose([StainJitter(scale, shift, p=probability)])

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
