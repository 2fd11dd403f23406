import numpy as np
from skimage.color import rgb2lab

from mitosis.stain.reinhard import REFERENCE_DEVIATION, REFERENCE_MEAN, Reinhard
from mitosis.stain.staintools_reinhard import StaintoolsReinhard


def test_without_glass_the_result_is_close_to_that_of_reinhard(dull):
    result = StaintoolsReinhard()(dull(0), "a")
    assert np.abs(result.astype(int) - Reinhard()(dull(0), "a")).mean() < 2.5  # rounded to whole numbers of CIELAB
    lab = rgb2lab(result).reshape(-1, 3)
    np.testing.assert_allclose(lab.mean(axis=0), REFERENCE_MEAN, atol=1)
    np.testing.assert_allclose(lab.std(axis=0), REFERENCE_DEVIATION, rtol=0.05)
