"""No stain normalisation."""

import numpy as np


class NoStain:
    """Keeps a field's colours; only an alpha channel is dropped."""

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return an image (H, W, 3 or 4) uint8 unchanged as (H, W, 3) uint8; ``name`` is not used."""
        return np.ascontiguousarray(image[..., :3])
