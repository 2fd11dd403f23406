"""Reinhard's colour transfer as implemented by the staintools library."""

from typing import final

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from mitosis.stain.normaliser import Normaliser
from mitosis.stain.reinhard import REFERENCE_DEVIATION, REFERENCE_MEAN, reference, statistics


@final
class StaintoolsReinhard(Normaliser):
    """Matches the whole field's mean and standard deviation in 8-bit CIELAB to the reference of ``Reinhard``.

    Unlike in ``Reinhard``, glass counts and colours are rounded to whole numbers of CIELAB. Fields that ``Reinhard``
    cannot fit are not passed to staintools, which would divide by 0.

    Args:
        mean: The reference, as for ``Reinhard``.
        deviation: The reference, as for ``Reinhard``.

    Raises:
        InputError: As ``Reinhard``.
    """

    def __init__(self, mean: ArrayLike = REFERENCE_MEAN, deviation: ArrayLike = REFERENCE_DEVIATION) -> None:
        self.mean, self.deviation = reference(mean, deviation)

    @override
    def normalise(self, image: np.ndarray) -> np.ndarray:
        statistics(image)
        from staintools import ReinhardColorNormalizer  # imports matplotlib and spams: load it only if used

        normaliser = ReinhardColorNormalizer()
        vars(normaliser).update(target_means=self.mean, target_stds=self.deviation)
        return normaliser.transform(image)
