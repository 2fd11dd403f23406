"""Reinhard's colour transfer: every field gets the mean and deviation of one fixed reference."""

from typing import final

import cv2
import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.stain.normaliser import FitError, Normaliser, numbers, sample_to_fit

# L, a and b of CIELAB (L from 0 to 100) over the tissue of this package's drawn fields (data=synthetic) after Macenko's
# normalisation, so that both methods aim at one look. Constants, so that no field can shape another's colours.
REFERENCE_MEAN = np.array([63.2, 26.6, -8.5])
REFERENCE_DEVIATION = np.array([10.3, 5.6, 5.9])

# What a field must reach; those of ICPR 2012 lie at or beyond the numbers in brackets.
_DEVIATION = np.array([2.0, 0.5, 0.5])  # (10.8, 5.5, 2.6)

_STRIP = 1 << 20  # pixels worked on at once: in floats, a field of 20000 x 20000 would take 5 GB in one go


@final
class Reinhard(Normaliser):
    """Matches each channel's mean and deviation in CIELAB (Reinhard et al., IEEE CG&A 2001, there in l-alpha-beta).

    Both are taken over the tissue, where the original takes the whole image: glass must not shift the tissue's colours.
    ``mean``, ``deviation``: another reference, as ``statistics`` gives it of an image; ``InputError`` as ``reference``.
    """

    def __init__(self, mean: ArrayLike = REFERENCE_MEAN, deviation: ArrayLike = REFERENCE_DEVIATION) -> None:
        self.mean, self.deviation = reference(mean, deviation)

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        mean, deviation = statistics(image)
        scale = self.deviation / deviation
        affine = np.column_stack([np.diag(scale), self.mean - scale * mean])
        result = np.empty(image.shape, np.uint8)
        rows = max(1, _STRIP // image.shape[1])
        for top in range(0, len(image), rows):
            lab = cv2.transform(_lab(image[top : top + rows]), affine)
            np.clip(lab[..., 0], 0, 100, out=lab[..., 0])
            colours = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
            result[top : top + rows] = np.rint(255 * colours)
        return result


def reference(mean: ArrayLike, deviation: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of a reference, (3,) float64 each. Raises ``InputError``: other shapes, deviations not > 0."""
    middle = numbers(mean, (3,), "stain.mean", "the means of L, a and b")
    spread = numbers(deviation, (3,), "stain.deviation", "the deviations of L, a and b")
    if spread.min() <= 0:
        raise InputError(f"stain.deviation={deviation}: give numbers above 0")
    return middle, spread


def statistics(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, (3,) float64 each, of L, a and b over the tissue of a field (height, width, 3) uint8.

    Raises ``FitError`` when there is too little tissue, or it is of one colour.
    """
    pixels, tissue = sample_to_fit(image)
    lab = _lab(pixels[tissue][:, None])[:, 0].astype(np.float64)
    mean, deviation = lab.mean(axis=0), lab.std(axis=0)
    if (deviation < _DEVIATION).any():
        raise FitError("it is of one colour")
    return mean, deviation


def _lab(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(image, np.float32) / 255, cv2.COLOR_RGB2LAB)
