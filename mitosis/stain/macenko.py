"""Macenko's stain normalisation: matches the stains of every field to one fixed reference."""

from collections.abc import Callable
from functools import partial
from typing import final

import cv2
import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.image.optical_density import densities, recolour
from mitosis.stain.normaliser import FitError, Normaliser, numbers, sample_to_fit

# The reference published with the authors' method: optical densities (R, G, B) of hematoxylin and eosin, and the 99th
# percentiles of their concentrations. They are constants, so that no test field can influence another field's colours.
REFERENCE_STAINS = np.array([[0.5626, 0.7201, 0.4062], [0.2159, 0.8012, 0.5581]])
REFERENCE_MAXIMA = np.array([1.9705, 1.0308])

_ALPHA = 1.0  # percentile of the angles taken as a pure stain; 100 minus it is the percentile of the maxima

# Limits for a plausible fit; the 35 fields of ICPR 2012 lie at or beyond the numbers in brackets.
_DENSITY_DEVIATION = 0.05  # along the first axis (0.40)
_ANGLE = 5.0  # degrees between the stains (20)
_NEGATIVE = -0.1  # component of a stain (0.00)
_MAXIMUM = 0.1  # of a concentration (0.8)
_SMALLEST_COMPONENT = 1e-3
_TINY = 1e-30


@final
class Macenko(Normaliser):
    """Matches a field's hematoxylin and eosin to a reference.

    A single 3 × 3 matrix in optical density unmixes the stains by least squares, scales them to the reference maxima
    and mixes them with the reference stains. Like the lasso per pixel of staintools it drops the residual that is
    neither stain. Unlike the lasso it keeps negative concentrations (3 to 9 % of the pixels) and does not shrink the
    others. The mean difference over a field of ICPR 2012 is 0.2 to 0.6 grey levels. White is 255 (240 in the published
    code).

    Args:
        stains: Optical densities of the reference, (2, 3): R, G, B of hematoxylin, then of eosin. ``fit`` computes
            them for an image.
        maxima: 99th percentiles of the reference's two concentrations, (2,).

    Raises:
        InputError: As ``reference``.

    Source:
        Macenko et al., ISBI 2009.
    """

    def __init__(self, stains: ArrayLike = REFERENCE_STAINS, maxima: ArrayLike = REFERENCE_MAXIMA) -> None:
        self.stains, self.maxima = reference(stains, maxima)

    @override
    def fit(self, image: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        stains, maxima = fit(image)
        return partial(recolour, matrix=np.linalg.pinv(stains) * (self.maxima / maxima) @ self.stains)

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        return self.fit(image)(image)


def reference(stains: ArrayLike, maxima: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check the stains (2, 3) and maxima (2,) of a reference, and return them as float64 arrays.

    Raises ``InputError`` for other shapes, values that are not above 0, and stains that hardly differ.
    """
    vectors = numbers(stains, (2, 3), "stain.stains", "two optical densities of R, G and B, hematoxylin's first")
    strengths = numbers(maxima, (2,), "stain.maxima", "two concentrations, hematoxylin's first")
    if vectors.min() <= 0 or strengths.min() <= 0:
        raise InputError("stain.stains and stain.maxima: give numbers above 0")
    first, second = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    if first[0] <= second[0]:
        raise InputError("stain.stains: hematoxylin comes first, which absorbs more red than eosin; swap the two")
    if first @ second > np.cos(np.radians(_ANGLE)):
        raise InputError(f"stain.stains: the two are less than {_ANGLE:g}° apart; give hematoxylin's and eosin's")
    return vectors, strengths


def fit(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the two stains of a field and their maximum concentrations (Macenko et al. 2009, section 2).

    ``image``: (height, width, 3) uint8. Returns the stains, (2, 3) float64 optical densities of R, G, B: unit rows with
    positive components, hematoxylin (which absorbs more red) first; and the (2,) 99th percentiles of their
    concentrations. Raises ``FitError`` if the field does not show two stains.
    """
    pixels, tissue = sample_to_fit(image)
    density = densities(pixels)
    stains = stain_vectors(np.compress(tissue, density, axis=0))
    maxima = np.array([_percentile(amounts, 100 - _ALPHA) for amounts in concentrations(density, stains)])
    if maxima.min() < _MAXIMUM:
        raise FitError("one of its stains is hardly there")
    return stains, maxima


def stain_vectors(density: np.ndarray) -> np.ndarray:
    """The two stains of tissue pixels: the extreme angles in the principal plane of their optical densities.

    ``density``: (n, 3) float32 optical densities, n ≥ 1. Returns (2, 3) float64, as ``fit``. Raises ``FitError``.
    """
    mean = np.array(cv2.mean(density[None])[:3])
    covariance = cv2.mulTransposed(density, True, scale=1 / len(density), dtype=cv2.CV_64F) - np.outer(mean, mean)
    variance, axes = np.linalg.eigh(covariance)
    if variance[2] < _DENSITY_DEVIATION**2:
        raise FitError("it is of one colour")
    plane = axes[:, [2, 1]]
    plane = plane * np.where(plane.sum(axis=0) < 0, -1, 1)
    first, second = _products(density, plane)
    # Grows with the angle, from -2 to 2: where (first, second) meets a square around the origin. An arctangent is slow.
    corner = np.copysign(1 - first / np.maximum(np.abs(first) + np.abs(second), _TINY), second)
    extremes = np.array([_percentile(corner, _ALPHA), _percentile(corner, 100 - _ALPHA)])
    along = 1 - np.abs(extremes)
    stains = np.column_stack([along, np.copysign(1 - np.abs(along), extremes)]) @ plane.T
    stains /= np.linalg.norm(stains, axis=1, keepdims=True)
    if stains.min() < _NEGATIVE:
        raise FitError("its colours are not those of two stains")
    # Eosin hardly absorbs red: noise puts its component on either side of 0.
    stains = np.maximum(stains, _SMALLEST_COMPONENT)
    stains /= np.linalg.norm(stains, axis=1, keepdims=True)
    if stains[0] @ stains[1] > np.cos(np.radians(_ANGLE)):
        raise FitError("its two stains are too alike")
    return stains if stains[0, 0] > stains[1, 0] else stains[::-1]


def concentrations(density: np.ndarray, stains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The concentrations of both stains by non-negative least squares, in closed form.

    ``density``: (n, 3) float32. ``stains``: (2, 3) with unit rows and positive components. Returns (n,) float32, ≥ 0,
    of the first stain and of the second.
    """
    first, second = _products(density, np.linalg.pinv(stains))
    alone = _products(density, stains.T)
    # If one of the two would be negative, the constrained optimum is the other stain alone.
    return np.maximum(np.where(second < 0, alone[0], first), 0), np.maximum(np.where(first < 0, alone[1], second), 0)


def _products(density: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both columns of ``density @ matrix``, (n, 3) @ (3, 2).

    BLAS would start threads, which cost more than so small a product; OpenCV vectorises it for a (3, 3) matrix.
    """
    square = np.column_stack([matrix, np.zeros(3)]).T
    first, second, _ = cv2.split(cv2.transform(density[None], np.ascontiguousarray(square, density.dtype)))
    return first[0], second[0]


def _percentile(values: np.ndarray, percent: float) -> float:
    """The value of the nearest rank, without interpolation between ranks, for which NumPy takes ten times as long."""
    rank = round(percent / 100 * (len(values) - 1))
    return float(np.partition(values, rank)[rank])
