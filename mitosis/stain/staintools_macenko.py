"""Macenko's stain normalisation as implemented by the staintools library."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, fit, reference
from mitosis.stain.normaliser import FitError, Normaliser


@final
class StaintoolsMacenko(Normaliser):
    """Matches a field's stains, as estimated by staintools, to the reference of ``Macenko``.

    Concentrations come from a lasso per pixel, which takes seconds per field, ``Macenko`` hundredths of a second; the
    mean difference is below one grey level. Fields that ``Macenko`` cannot fit are not passed to staintools, which
    would fail or return a black image.

    Args:
        stains: The reference, as for ``Macenko``.
        maxima: The reference, as for ``Macenko``.

    Raises:
        InputError: As ``Macenko``.
    """

    def __init__(self, stains: ArrayLike = REFERENCE_STAINS, maxima: ArrayLike = REFERENCE_MAXIMA) -> None:
        self.stains, self.maxima = reference(stains, maxima)

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        fit(image)
        from staintools import MacenkoStainExtractor  # imports matplotlib and spams: load it only if used

        return transfer(image, MacenkoStainExtractor.get_stain_matrix, self.stains, self.maxima)


def transfer(
    image: np.ndarray, find: Callable[[np.ndarray], np.ndarray], stains: np.ndarray, maxima: np.ndarray
) -> np.ndarray:
    """Normalise an image with staintools to a reference of ``stains`` (2, 3) and ``maxima`` (2,).

    ``image``: (height, width, 3) uint8. ``find`` returns its stains, (2, 3) optical densities, hematoxylin first.
    Returns an array of the same shape and type. Raises ``FitError`` if a stain is missing.
    """
    from staintools import StainNormalizer

    normaliser = StainNormalizer("macenko")
    vars(normaliser).update(
        extractor=SimpleNamespace(get_stain_matrix=find),
        stain_matrix_target=stains,
        maxC_target=maxima[None],
    )
    try:
        with np.errstate(divide="raise", invalid="raise"):
            return normaliser.transform(image.copy())  # it modifies its argument
    except FloatingPointError:
        raise FitError("one of its stains is hardly there") from None
