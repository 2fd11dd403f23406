"""The amount of tissue that a fit needs."""

import numpy as np
import pytest

from mitosis.stain.normaliser import FitError, sample_to_fit

PINK, GLASS = (200, 120, 170), (243, 243, 243)


@pytest.mark.parametrize(("rows", "enough"), [(3, False), (6, True)])
def test_a_fit_needs_a_minimum_share_of_tissue(rows, enough):
    image = np.full((100, 100, 3), GLASS, np.uint8)
    image[:rows] = PINK
    if enough:
        sample_to_fit(image)
    else:
        with pytest.raises(FitError, match=r"too little tissue \(300 of 10000 sampled pixels\)"):
            sample_to_fit(image)
