"""The base class of all stain normalisations, including how they treat fields that they cannot normalise."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mitosis.errors import InputError
from mitosis.image.tissue import sample

_PIXELS = 256
_SHARE = 0.05
"""Minimum number and share of tissue pixels for a fit; the 35 fields of ICPR 2012 have a share of 0.77 or more."""


class FitError(ValueError):
    """A field whose colours cannot be normalised; the message says why."""


class Normaliser(ABC):
    """Matches a field's colours to one fixed reference, so that no field influences another; subclasses say how.

    A field with an alpha channel, or one to which the method cannot be fitted (white, black, grey, a single colour,
    nearly empty), keeps its colours, with a ``UserWarning`` that starts with the field's name.
    """

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Normalise an image; the result depends only on the image.

        Args:
            image: (height, width, 3) uint8 RGB, not modified; (height, width, 4) with an alpha channel.
            name: The field's name, for warnings.

        Returns:
            (height, width, 3) uint8 RGB.

        Raises:
            ValueError: The image has another shape or type.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4):
            raise ValueError(f"{name}: expected (height, width, 3) uint8, got {image.shape} {image.dtype}")
        try:
            if image.shape[2] == 4:
                raise FitError("it has an alpha channel")
            return self.normalise(image)
        except FitError as reason:
            warnings.warn(f"{name}: stains not normalised, {reason}", UserWarning, stacklevel=2)
            return np.ascontiguousarray(image[..., :3])

    def fitted_to(self, sample: np.ndarray, name: str) -> Callable[[np.ndarray], np.ndarray]:
        """The normalisation of all parts of a slide, fitted once to a sample of its tissue.

        Args:
            sample: (height, width, 3) uint8 RGB.
            name: The slide's name, for the warning that it cannot be fitted; the parts then keep their colours.

        Returns:
            From a part (height, width, 3) uint8 to the same in the reference's colours.

        Raises:
            InputError: The method has no fit apart from the field that it normalises.
        """
        try:
            return self.fit(sample)
        except FitError as reason:
            warnings.warn(f"{name}: stains not normalised, {reason}", UserWarning, stacklevel=2)
            return np.ascontiguousarray

    def fit(self, image: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """The normalisation fitted to an image, for any image; as ``fitted_to``. Raises ``FitError`` as well."""
        method = type(self).__name__
        raise InputError(f"{method} cannot be fitted once per slide; use networks of stain=macenko, reinhard or none")

    @abstractmethod
    def normalise(self, image: np.ndarray) -> np.ndarray:
        """Return the field (height, width, 3) uint8 in the reference's colours. Raises ``FitError``."""


def sample_to_fit(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sample pixels of a field (height, width, 3) uint8 for a fit: (n, 3) uint8, and (n,) bool for tissue.

    Raises ``FitError`` if less than 5 % of them, or fewer than 256, are tissue.
    """
    pixels, tissue = sample(image)
    if tissue.sum() < max(_PIXELS, _SHARE * len(pixels)):
        raise FitError(f"it has too little tissue ({tissue.sum()} of {len(pixels)} sampled pixels)")
    return pixels, tissue


def numbers(given: ArrayLike, shape: tuple[int, ...], key: str, what: str) -> np.ndarray:
    """A setting as a float64 array of ``shape``; ``InputError`` naming ``key`` and ``what`` for anything else."""
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.zeros(0)
    if array.shape != shape or not np.isfinite(array).all():
        raise InputError(f"{key}={given}: give {what}, {' x '.join(map(str, shape))} numbers")
    return array
