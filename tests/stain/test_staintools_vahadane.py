from types import SimpleNamespace

import numpy as np
import pytest

from mitosis.image.optical_density import DENSITY
from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, fit
from mitosis.stain.normaliser import sample_to_fit
from mitosis.stain.staintools_vahadane import StaintoolsVahadane, learn


def degrees_apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.minimum((a * b).sum(axis=1), 1)))


def test_the_stains_equal_those_of_a_long_search_from_another_start(field):
    import spams

    image = field(size=100)
    pixels, tissue = sample_to_fit(image)
    density = DENSITY[pixels[tissue]]
    settings = {"K": 2, "lambda1": 0.1, "mode": 2, "modeD": 0, "posAlpha": True, "posD": True, "verbose": False}
    long = spams.trainDL(X=np.asfortranarray(density.T), iter=1500, numThreads=1, **settings).T
    long = long[np.argsort(-long[:, 0])]
    learned = learn(image, fit(image)[0])
    np.testing.assert_allclose(np.linalg.norm(learned, axis=1), 1)
    assert degrees_apart(learned, long / np.linalg.norm(long, axis=1, keepdims=True)).max() < 0.5
    assert degrees_apart(learned, fit(image)[0]).max() > 2  # they differ from Macenko's


def test_hematoxylin_comes_first_for_every_start(field):
    image = field(size=100)
    stains, _ = fit(image)
    one, other = learn(image, stains), learn(image, stains[::-1])
    assert one[0, 0] > one[1, 0]
    assert degrees_apart(one, other).max() < 1
    assert other.flags.c_contiguous  # spams rejects a reversed view


def test_everything_else_equals_staintools(field):
    import staintools

    image = field(size=100)
    theirs = staintools.StainNormalizer("vahadane")
    theirs.extractor = SimpleNamespace(get_stain_matrix=lambda image: learn(image, fit(image)[0]))
    theirs.stain_matrix_target, theirs.maxC_target = REFERENCE_STAINS, REFERENCE_MAXIMA[None]
    np.testing.assert_array_equal(StaintoolsVahadane()(image, "a"), theirs.transform(image.copy()))


@pytest.mark.parametrize("seed", [0, 1])
def test_concentrations_reach_the_references_maxima(field, seed):
    from staintools.miscellaneous.get_concentrations import get_concentrations

    result = StaintoolsVahadane()(field(size=100, seed=seed), "a")
    maxima = np.percentile(get_concentrations(result, REFERENCE_STAINS), 99, axis=0)
    np.testing.assert_allclose(maxima, REFERENCE_MAXIMA, rtol=0.08)
