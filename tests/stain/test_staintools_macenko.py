import numpy as np
import pytest

from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, Macenko
from mitosis.stain.normaliser import FitError
from mitosis.stain.staintools_macenko import StaintoolsMacenko, transfer


@pytest.mark.parametrize("seed", [0, 1])
def test_the_result_equals_that_of_staintools(field, seed):
    import staintools

    image = field(size=150, seed=seed)
    theirs = staintools.StainNormalizer("macenko")
    theirs.stain_matrix_target, theirs.maxC_target = REFERENCE_STAINS, REFERENCE_MAXIMA[None]
    result = StaintoolsMacenko()(image, "a")
    np.testing.assert_array_equal(result, theirs.transform(image.copy()))
    assert np.abs(result.astype(int) - Macenko()(image, "a")).mean() < 1


def test_a_missing_stain_does_not_give_a_black_field(field):
    image = field(size=60)
    with pytest.raises(FitError, match="hardly there"):
        transfer(image, lambda _: np.array([[0.6, 0.7, 0.4], [0.0, 0.0, 0.0]]), REFERENCE_STAINS, REFERENCE_MAXIMA)
