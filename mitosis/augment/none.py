"""No augmentation."""

import numpy as np


class NoAugment:
    """Returns image and mask unchanged."""

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Return image and mask unchanged.

        Args:
            image: (H, W, 3) uint8 RGB.
            mask: (H, W) uint8, or None.
            seed: Any int ≥ 0; not used.

        Returns:
            (image, mask) of the same shapes; the mask is None if None was given.
        """
        return image, mask
