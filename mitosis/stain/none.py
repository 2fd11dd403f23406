"""No stain normalisation."""

from collections.abc import Callable

import numpy as np


class NoStain:
    """Keeps a field's colours; only an alpha channel is dropped."""

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return an image (H, W, 3 or 4) uint8 unchanged as (H, W, 3) uint8; ``name`` is not used."""
        return np.ascontiguousarray(image[..., :3])

    def fitted_to(self, sample: np.ndarray, name: str) -> Callable[[np.ndarray], np.ndarray]:
        """What keeps the colours of all parts of a slide as well; ``sample`` and ``name`` are not used."""
        return np.ascontiguousarray
