"""Macenko's stain normalisation by the staintools library."""

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
    """Maps a field's stains, as staintools finds them, onto the published reference of ``macenko``.

    Concentrations come from a lasso per pixel: seconds a field, where ``macenko`` takes tenths, for a difference of
    less than one grey level on average. A field that ``macenko`` could not be fitted to is not given to staintools,
    which answers with an error or a black image. ``stains``, ``maxima``: another reference, as there.
    """

    def __init__(self, stains: ArrayLike = REFERENCE_STAINS, maxima: ArrayLike = REFERENCE_MAXIMA) -> None:
        self.stains, self.maxima = reference(stains, maxima)

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        fit(image)
        from staintools import MacenkoStainExtractor  # brings matplotlib and spams: loaded only where it is used

        return transfer(image, MacenkoStainExtractor.get_stain_matrix, self.stains, self.maxima)


def transfer(
    image: np.ndarray, find: Callable[[np.ndarray], np.ndarray], stains: np.ndarray, maxima: np.ndarray
) -> np.ndarray:
    """Staintools' normalisation onto a reference of ``stains`` (2, 3) and ``maxima`` (2,).

    ``image``: (height, width, 3) uint8. ``find`` gives its stains, (2, 3) optical densities, hematoxylin first. Returns
    an array like ``image``. Raises ``FitError`` where a stain is not there.
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
            return normaliser.transform(image.copy())  # it writes into the image
    except FloatingPointError:
        raise FitError("one of its stains is hardly there") from None
