"""Reinhard's colour transfer: matches the mean and standard deviation of every field to one fixed reference."""

from collections.abc import Callable
from functools import partial
from typing import final

import cv2
import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.stain.normaliser import FitError, Normaliser, numbers, sample_to_fit

# L, a and b of CIELAB (L from 0 to 100) over the tissue of the fields of data=synthetic after Macenko's normalisation,
# so that both methods give a similar look. They are constants, so that no field can influence another field's colours.
REFERENCE_MEAN = np.array([63.2, 26.6, -8.5])
REFERENCE_DEVIATION = np.array([10.3, 5.6, 5.9])

# Minimum deviations of a field; those of ICPR 2012 lie at or beyond the numbers in brackets.
_DEVIATION = np.array([2.0, 0.5, 0.5])  # (10.8, 5.5, 2.6)

_STRIP = 1 << 20  # pixels processed at a time: as floats, a whole field of 20000 x 20000 pixels would need 5 GB


@final
class Reinhard(Normaliser):
    """Matches the mean and standard deviation of each channel in CIELAB to a reference.

    The original method uses l-alpha-beta and the whole image. Here the statistics are those of the tissue, so that
    glass does not shift the tissue's colours.

    Args:
        mean: Means of L, a and b of the reference, (3,). ``statistics`` computes them for an image.
        deviation: Standard deviations of L, a and b of the reference, (3,).

    Raises:
        InputError: A shape is wrong, or a deviation is not above 0.

    Source:
        Reinhard et al., IEEE CG&A 2001.
    """

    def __init__(self, mean: ArrayLike = REFERENCE_MEAN, deviation: ArrayLike = REFERENCE_DEVIATION) -> None:
        self.mean, self.deviation = reference(mean, deviation)

    @override
    def fit(self, image: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        mean, deviation = statistics(image)
        scale = self.deviation / deviation
        return partial(_transformed, affine=np.column_stack([np.diag(scale), self.mean - scale * mean]))

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        return self.fit(image)(image)


def reference(mean: ArrayLike, deviation: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check mean and deviation of a reference; returns (3,) float64 each.

    Raises ``InputError`` for other shapes and for deviations that are not above 0.
    """
    middle = numbers(mean, (3,), "stain.mean", "the means of L, a and b")
    spread = numbers(deviation, (3,), "stain.deviation", "the deviations of L, a and b")
    if spread.min() <= 0:
        raise InputError(f"stain.deviation={deviation}: give numbers above 0")
    return middle, spread


def statistics(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of L, a and b, (3,) float64 each, over the tissue of a field (H, W, 3) uint8.

    Raises ``FitError`` if there is too little tissue or it has a single colour.
    """
    pixels, tissue = sample_to_fit(image)
    lab = _lab(pixels[tissue][:, None])[:, 0].astype(np.float64)
    mean, deviation = lab.mean(axis=0), lab.std(axis=0)
    if (deviation < _DEVIATION).any():
        raise FitError("it is of one colour")
    return mean, deviation


def _transformed(image: np.ndarray, affine: np.ndarray) -> np.ndarray:
    result = np.empty(image.shape, np.uint8)
    rows = max(1, _STRIP // image.shape[1])
    for top in range(0, len(image), rows):
        lab = cv2.transform(_lab(image[top : top + rows]), affine)
        np.clip(lab[..., 0], 0, 100, out=lab[..., 0])
        colours = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
        result[top : top + rows] = np.rint(255 * colours)
    return result


def _lab(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(image, np.float32) / 255, cv2.COLOR_RGB2LAB)
