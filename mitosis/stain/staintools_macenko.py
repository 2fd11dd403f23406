"""Macenko's stain normalisation by the staintools library."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import final

import numpy as np

from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, fit
from mitosis.stain.normaliser import FitError, Normaliser


@final
class StaintoolsMacenko(Normaliser):
    """Maps a field's stains, as staintools finds them, onto the published reference of ``macenko``.

    Concentrations come from a lasso per pixel: seconds a field, where ``macenko`` takes tenths, for a difference of
    less than one grey level on average. A field that ``macenko`` could not be fitted to is not given to staintools,
    which answers with an error or a black image.
    """

    def normalise(self, image: np.ndarray) -> np.ndarray:
        fit(image)
        from staintools import MacenkoStainExtractor  # brings matplotlib and spams: loaded only where it is used

        return transfer(image, MacenkoStainExtractor.get_stain_matrix)


def transfer(image: np.ndarray, find: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """staintools' normalisation onto the published reference.

    ``image``: (height, width, 3) uint8. ``find`` gives its stains, (2, 3) optical densities, hematoxylin first. Returns
    an array like ``image``. Raises ``FitError`` where a stain is not there.
    """
    from staintools import StainNormalizer

    normaliser = StainNormalizer("macenko")
    vars(normaliser).update(
        extractor=SimpleNamespace(get_stain_matrix=find),
        stain_matrix_target=REFERENCE_STAINS,
        maxC_target=REFERENCE_MAXIMA[None],
    )
    try:
        with np.errstate(divide="raise", invalid="raise"):
            return normaliser.transform(image.copy())  # it writes into the image
    except FloatingPointError:
        raise FitError("one of its stains is hardly there") from None
