"""Reinhard's colour transfer by the staintools library."""

from typing import final

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from mitosis.stain.normaliser import Normaliser
from mitosis.stain.reinhard import REFERENCE_DEVIATION, REFERENCE_MEAN, reference, statistics


@final
class StaintoolsReinhard(Normaliser):
    """Matches the whole field's mean and deviation in 8-bit CIELAB to the reference of ``reinhard``.

    Glass counts, other than in ``reinhard``, and colours come in steps of CIELAB's whole numbers. A field that
    ``reinhard`` could not be fitted to is not given to staintools, which would divide by 0. ``mean``, ``deviation``:
    another reference, as there.
    """

    def __init__(self, mean: ArrayLike = REFERENCE_MEAN, deviation: ArrayLike = REFERENCE_DEVIATION) -> None:
        self.mean, self.deviation = reference(mean, deviation)

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        statistics(image)
        from staintools import ReinhardColorNormalizer  # brings matplotlib and spams: loaded only where it is used

        normaliser = ReinhardColorNormalizer()
        vars(normaliser).update(target_means=self.mean, target_stds=self.deviation)
        return normaliser.transform(image)
