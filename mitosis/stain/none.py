"""No stain normalisation."""

import numpy as np


class NoStain:
    """Gives back a field's own colours.

    ``image``: (height, width, 3 or 4) uint8; ``name``: the field's name, unused. Returns (height, width, 3) uint8,
    without the alpha channel.
    """

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """The image (H, W, 3) uint8 normalised; ``name`` is for warnings."""
        return np.ascontiguousarray(image[..., :3])
