"""Which pixels of a field show tissue."""

import numpy as np

from mitosis.image.tissue import is_tissue
from mitosis.stain.normaliser import FitError

_SAMPLE = 200_000  # pixels to fit on
_BLACK = 16  # padding and pen: no channel reaches this level, so the colour is noise

# What a fit must have to be believed.
_PIXELS = 256
_SHARE = 0.05  # the 35 fields of ICPR 2012: 0.77 and more


def sample(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A regular grid of at most about 200 000 pixels that are not black, and which of them are tissue.

    ``image``: (height, width, 3) uint8. Returns (n, 3) uint8 and (n,) bool. Raises ``FitError`` when less than 5 % of
    them, or less than 256, are tissue: darker than 0.8 of white.
    """
    height, width = image.shape[:2]
    # The step is odd: a step of 2, 4 or 8 meets the same places of JPEG's 8 x 8 blocks over and over.
    step = int((height * width / _SAMPLE) ** 0.5) | 1
    pixels = image[::step, ::step].reshape(-1, 3)
    pixels = pixels[pixels.max(axis=1, initial=0) >= _BLACK]
    tissue = is_tissue(pixels[:, None])[:, 0]
    if tissue.sum() < max(_PIXELS, _SHARE * len(pixels)):
        raise FitError(f"it has too little tissue ({tissue.sum()} of {len(pixels)} sampled pixels)")
    return pixels, tissue
