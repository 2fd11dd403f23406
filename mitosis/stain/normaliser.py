"""What every stain normalisation keeps to: what it takes, and what becomes of a field that it cannot normalise."""

import warnings
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from mitosis.errors import InputError
from mitosis.image.tissue import sample

_PIXELS = 256
_SHARE = 0.05
"""Of tissue, what a fit needs to be believed; the 35 fields of ICPR 2012 have a share of 0.77 and more."""


class FitError(ValueError):
    """A field whose colours cannot be normalised; the message says why."""


class Normaliser(ABC):
    """Gives a field the colours of one fixed reference, so that no field shapes another's; a subclass says how.

    ``image``: (height, width, 3) uint8 RGB, left as it is. Returns (height, width, 3) uint8; a function of ``image``
    alone. A field with an alpha channel (height, width, 4), or one that the method cannot be fitted to (white, black,
    grey, one colour, nearly empty), comes back as it was, in RGB, with a ``UserWarning`` that starts with ``name``.
    Raises ``ValueError`` for other shapes and types.
    """

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """The image (H, W, 3) uint8 normalised; ``name`` is for warnings."""
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4):
            raise ValueError(f"{name}: expected (height, width, 3) uint8, got {image.shape} {image.dtype}")
        try:
            if image.shape[2] == 4:
                raise FitError("it has an alpha channel")
            return self.normalise(image)
        except FitError as reason:
            warnings.warn(f"{name}: stains not normalised, {reason}", UserWarning, stacklevel=2)
            return np.ascontiguousarray(image[..., :3])

    @abstractmethod
    def normalise(self, image: np.ndarray) -> np.ndarray:
        """The field (height, width, 3) uint8 in the reference's colours. Raises ``FitError``."""


def sample_to_fit(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of a field (height, width, 3) uint8 to fit stains to, and which are tissue: (n, 3) uint8 and (n,) bool.

    Raises ``FitError`` when less than 5 % of them, or fewer than 256, are tissue.
    """
    pixels, tissue = sample(image)
    if tissue.sum() < max(_PIXELS, _SHARE * len(pixels)):
        raise FitError(f"it has too little tissue ({tissue.sum()} of {len(pixels)} sampled pixels)")
    return pixels, tissue


def numbers(given: ArrayLike, shape: tuple[int, ...], key: str, what: str) -> np.ndarray:
    """A setting as a float64 array of ``shape``; ``InputError`` naming ``key`` and ``what`` it is for anything else."""
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.zeros(0)
    if array.shape != shape or not np.isfinite(array).all():
        raise InputError(f"{key}={given}: give {what}, {' x '.join(map(str, shape))} numbers")
    return array
