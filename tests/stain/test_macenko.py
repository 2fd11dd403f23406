import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from mitosis.image.file import read_image
from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, Macenko, concentrations, fit, stain_vectors

REAL = os.environ.get("MITOSIS_REAL_DATA")
REAL_FIELDS = sorted((Path(REAL) / "icpr2012").glob("*.jpg")) if REAL else []
STAINS = np.array([[0.40, 0.77, 0.4970915], [0.02, 0.84, 0.5422177]])


def staintools_macenko(image):
    import staintools

    normaliser = staintools.StainNormalizer("macenko")
    normaliser.stain_matrix_target = REFERENCE_STAINS
    normaliser.maxC_target = REFERENCE_MAXIMA[None]
    return normaliser.transform(image.copy())


def difference(a, b):
    return np.abs(a.astype(int) - b).mean()


def degrees_apart(a, b):
    return np.degrees(np.arccos(np.minimum((a * b).sum(axis=1), 1)))


def unnormalised(image, name="A00_01"):
    with pytest.warns(UserWarning, match=f"^{name}: ") as caught:
        result = Macenko()(image, name)
    assert len(caught) == 1
    np.testing.assert_array_equal(result, image[..., :3])
    assert result.dtype == np.uint8
    return str(caught[0].message)


@pytest.mark.parametrize("stains", [STAINS, REFERENCE_STAINS, STAINS[:, ::-1] + 0.2 * np.eye(2, 3)])
def test_known_stains_are_recovered_hematoxylin_first(field, stains):
    expected = stains / np.linalg.norm(stains, axis=1, keepdims=True)
    expected = expected[np.argsort(-expected[:, 0])]
    estimated, maxima = fit(field(stains))
    assert degrees_apart(estimated, expected).max() < 1.5
    np.testing.assert_allclose(np.linalg.norm(estimated, axis=1), 1)
    assert (estimated > 0).all()
    assert estimated[0, 0] > estimated[1, 0]
    assert (maxima > 0).all()


def test_a_normalised_field_has_the_references_values(field):
    stains, maxima = fit(Macenko()(field(), "a"))
    assert degrees_apart(stains, REFERENCE_STAINS).max() < 1.5
    np.testing.assert_allclose(maxima, REFERENCE_MAXIMA, rtol=0.05)


def test_two_stainings_of_the_same_tissue_become_similar(field):
    a, b = field(), field(REFERENCE_STAINS)
    assert difference(a, b) > 10
    assert difference(Macenko()(a, "a"), Macenko()(b, "b")) < 3


@pytest.mark.parametrize("seed", [0, 1])
def test_close_to_staintools_on_a_drawn_field(field, seed):
    image = field(seed=seed)
    assert difference(Macenko()(image, "a"), staintools_macenko(image)) < 1
    assert difference(image, staintools_macenko(image)) > 5


@pytest.mark.skipif(not REAL, reason="MITOSIS_REAL_DATA names no folder with icpr2012/")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if number == 0 else pytest.mark.slow)
        for number, path in enumerate(REAL_FIELDS)
    ],
)
def test_close_to_staintools_on_a_real_field(path):
    image = read_image(path)
    assert difference(Macenko()(image, path.stem), staintools_macenko(image)) < 1


def test_concentrations_match_scipy():
    density = np.random.default_rng(0).uniform(0, 2, (200, 3))
    expected = np.array([nnls(STAINS.T, pixel)[0] for pixel in density])
    unit = STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True)
    np.testing.assert_allclose(np.transpose(concentrations(density, unit)), expected, atol=1e-6)


def plain_stain_vectors(density):
    """The method as published: principal axes, angles, percentiles."""
    axes = np.linalg.svd(density - density.mean(axis=0), full_matrices=False)[2][:2]
    axes = axes * np.where(axes.sum(axis=1) < 0, -1, 1)[:, None]
    angles = np.arctan2(*(density @ axes.T).T[::-1])
    stains = np.array([[np.cos(angle), np.sin(angle)] @ axes for angle in np.percentile(angles, [1, 99])])
    return stains[np.argsort(-stains[:, 0])]


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.7), st.floats(0.1, 0.3))
def test_stain_vectors_are_those_of_the_published_steps(seed, red, blue):
    stains = np.array([[red, 0.7, 0.4], [0.05, 0.8, 0.4 + blue]])
    amounts = np.random.default_rng(seed).gamma(4, 0.2, (4000, 2))
    density = amounts @ (stains / np.linalg.norm(stains, axis=1, keepdims=True))
    expected = plain_stain_vectors(density)
    assert degrees_apart(stain_vectors(density.astype(np.float32)), expected).max() < 0.05


def test_a_fit_is_the_same_in_every_call_and_with_any_number_of_threads(field):
    image, threads = field(), cv2.getNumThreads()
    fits = []
    for number in (1, 2, 1):
        cv2.setNumThreads(number)
        fits.append(fit(image))
    cv2.setNumThreads(threads)
    for stains, maxima in fits[1:]:
        np.testing.assert_array_equal(stains, fits[0][0])
        np.testing.assert_array_equal(maxima, fits[0][1])


@pytest.mark.parametrize("deviation", [0, 1, 4])
def test_a_field_of_one_colour_stays_unchanged(deviation):
    noise = np.random.default_rng(0).normal(0, deviation, (64, 64, 3))
    reason = unnormalised((np.array([190, 90, 150]) + noise).round().astype(np.uint8))
    assert "one colour" in reason


def test_grey_ramps_and_single_stains_stay_unchanged():
    ramp = np.linspace(20, 180, 4096).reshape(64, 64, 1)
    assert "too alike" in unnormalised(np.repeat(ramp, 3, axis=2).astype(np.uint8))
    amounts = np.random.default_rng(0).gamma(4, 0.3, (200, 200, 1))
    assert "too alike" in unnormalised((255 * np.exp(-amounts * STAINS[0])).astype(np.uint8))


def test_nearly_empty_fields_stay_unchanged(field):
    image = np.full((300, 300, 3), 243, np.uint8)
    image[:40, :40] = field(size=40)
    assert "too little tissue" in unnormalised(image, "H03_07")
    assert "too little tissue" in unnormalised(field(size=10))


def test_colours_that_are_not_stains_stay_unchanged():
    unnormalised(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8))


def test_black_padding_does_not_change_the_tissue(field):
    image = field()
    padded = np.zeros((300, 600, 3), np.uint8)
    padded[:, :300] = image
    result = Macenko()(padded, "a")
    assert difference(result[:, :300], Macenko()(image, "a")) < 0.5
    assert result[:, 300:].max() < 64


def test_half_glass_stays_white(field):
    result = Macenko()(field(glass=0.5), "a")
    assert np.median(result) == 255
    assert result.mean() > 150
