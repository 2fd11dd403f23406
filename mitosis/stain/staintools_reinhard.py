"""Reinhard's colour transfer by the staintools library."""

from typing import final

import numpy as np

from mitosis.stain.normaliser import Normaliser
from mitosis.stain.reinhard import REFERENCE_DEVIATION, REFERENCE_MEAN, statistics


@final
class StaintoolsReinhard(Normaliser):
    """Matches the whole field's mean and deviation in 8-bit CIELAB to the reference of ``reinhard``.

    Glass counts, other than in ``reinhard``, and colours come in steps of CIELAB's whole numbers. A field that
    ``reinhard`` could not be fitted to is not given to staintools, which would divide by 0.
    """

    def normalise(self, image: np.ndarray) -> np.ndarray:
        statistics(image)
        from staintools import ReinhardColorNormalizer  # brings matplotlib and spams: loaded only where it is used

        normaliser = ReinhardColorNormalizer()
        vars(normaliser).update(target_means=REFERENCE_MEAN, target_stds=REFERENCE_DEVIATION)
        return normaliser.transform(image)
