"""No augmentation."""

import numpy as np


class NoAugment:
    """Gives image and mask back as they came, whatever the seed."""

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """The augmented image and mask; the same ``seed`` gives the same."""
        return image, mask
