"""Hematoxylin and eosin in other amounts, as another laboratory would stain."""

from typing import Any

import albumentations as A
import numpy as np
from typing_extensions import override

from mitosis.augment.seeded import apply
from mitosis.image.optical_density import recolour

# Optical densities of R, G, B (Ruifrok & Johnston 2001). Fixed: those of a single tile are too uncertain.
HEMATOXYLIN_EOSIN = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])

SCALE, SHIFT = 0.2, 0.05


class StainJitter(A.ImageOnlyTransform):
    """Each stain's concentration times 1 ± ``scale`` and plus ± ``shift`` (natural optical density), drawn uniformly.

    The idea is Tellez et al.'s (IEEE TMI 2018), the amounts are not. Concentrations are those of least squares; what is
    neither stain stays, so that no jitter changes nothing (albumentations' ``HEStain`` drops it, which alone moves a
    field by many grey levels). Glass takes part in the shift.
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
    """``StainJitter`` alone, with ``probability``; other augmentations take it in by their key ``stain_jitter``.

    Called with image (H, W, 3) uint8, mask (H, W) uint8 or None, and a seed ≥ 0; returns both at the size given.
    The result is a function of the arguments alone.
    """

    def __init__(self, probability: float = 1.0, scale: float = SCALE, shift: float = SHIFT) -> None:
        self._transforms = A.Compose([StainJitter(scale, shift, p=probability)])

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """The augmented image and mask; the same ``seed`` gives the same."""
        return apply(self._transforms, image, mask, seed)
