"""Vahadane's stain normalisation as implemented by the staintools library."""

from functools import partial
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from mitosis.image.optical_density import DENSITY
from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, fit, reference
from mitosis.stain.normaliser import FitError, Normaliser, sample_to_fit
from mitosis.stain.staintools_macenko import transfer

# Rounds of dictionary learning. On fields of ICPR 2012 the stains are within half a degree of those of 20 000 rounds.
_ROUNDS = 500
_BATCH = 256
_SPARSITY = 0.1  # the default of staintools


@final
class StaintoolsVahadane(Normaliser):
    """Matches a field's stains, found by sparse dictionary learning, to the reference of ``Macenko``.

    spams learns the dictionary as in staintools, but in a fixed number of rounds that start from the stains of
    ``Macenko``. (staintools stops after one second, so that the same field would look different on every call.)
    Everything else is as in staintools. It takes seconds per field. Fields that ``Macenko`` cannot fit are not passed
    to staintools.

    Args:
        stains: The reference, as for ``Macenko``.
        maxima: The reference, as for ``Macenko``.

    Raises:
        InputError: As ``Macenko``.

    Source:
        Vahadane et al., IEEE TMI 2016.
    """

    def __init__(self, stains: ArrayLike = REFERENCE_STAINS, maxima: ArrayLike = REFERENCE_MAXIMA) -> None:
        self.stains, self.maxima = reference(stains, maxima)

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        stains, _ = fit(image)
        return transfer(image, partial(learn, start=stains), self.stains, self.maxima)


def learn(image: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The two stains that give the sparsest decomposition of a field's tissue.

    ``image``: (height, width, 3) uint8. ``start``: (2, 3), the initial stains. Returns (2, 3) float64 optical
    densities, unit rows, hematoxylin first. Raises ``FitError``.
    """
    import spams

    pixels, tissue = sample_to_fit(image)
    stains: Any = spams.trainDL(
        X=np.asfortranarray(DENSITY[pixels[tissue]].T),
        D=np.asfortranarray(start.T),
        K=2,
        lambda1=_SPARSITY,
        iter=_ROUNDS,
        batchsize=_BATCH,
        numThreads=1,
        mode=2,
        modeD=0,
        posAlpha=True,
        posD=True,
        verbose=False,
    )
    lengths = np.linalg.norm(stains, axis=0)
    if not lengths.min() > 0:
        raise FitError("one of its stains is hardly there")
    stains = (stains / lengths).T
    return stains if stains[0, 0] > stains[1, 0] else stains[[1, 0]]  # spams rejects a reversed view
