"""The contract of all stain normalisations."""

import inspect
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import shipped
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mitosis.errors import InputError
from mitosis.run.build import build
from mitosis.stain import staintools_vahadane
from mitosis.stain.macenko import REFERENCE_STAINS, Macenko, fit
from mitosis.stain.normaliser import Normaliser
from mitosis.stain.reinhard import statistics

STAINS = shipped.parts("stain")
NORMALISERS = [name for name, stain in STAINS.items() if issubclass(stain, Normaliser)]
STAINS_OF_OTHERS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
STAINS_OF_OTHERS = (STAINS_OF_OTHERS / np.linalg.norm(STAINS_OF_OTHERS, axis=1, keepdims=True)).tolist()

every = pytest.mark.parametrize("name", STAINS)
normaliser = pytest.mark.parametrize("name", NORMALISERS)

OTHER = {
    "stains": STAINS_OF_OTHERS,
    "maxima": [1.2, 0.8],
    "mean": [50.0, 20.0, -15.0],
    "deviation": [8.0, 6.0, 5.0],
}
"""Another reference, keyed by the arguments that set it."""


def other(name):
    """The arguments of another reference for a normaliser; empty if it has none of them."""
    return {key: OTHER[key] for key in inspect.signature(STAINS[name]).parameters if key in OTHER}


referenced = pytest.mark.parametrize("name", [name for name in NORMALISERS if other(name)])


@pytest.fixture(scope="module", autouse=True)
def quick():
    """A shorter search for Vahadane's stains, since these tests do not depend on their precision."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staintools_vahadane, "_ROUNDS", 50)
        yield


def difference(a, b):
    return np.abs(a.astype(int) - b).mean()


def given_back(name, image):
    """Assert that ``image`` keeps its RGB values, with one warning that names it; returns the reason."""
    before = image.copy()
    with pytest.warns(UserWarning, match="^A00_01: stains not normalised, ") as caught:
        result = STAINS[name]()(image, "A00_01")
    (message,) = [str(warning.message) for warning in caught]
    np.testing.assert_array_equal(result, before[..., :3])
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    return message


@every
def test_each_yaml_sets_every_argument_and_builds_its_class(name):
    assert type(build(shipped.described("stain")[name], "stain")) is STAINS[name]
    assert shipped.settings("stain", name) == inspect.signature(STAINS[name]).parameters.keys()


@every
def test_shape_and_type_are_kept_and_the_input_is_not_modified(name, field):
    image = field(size=90)[:, :70]
    before = image.copy()
    image.flags.writeable = False
    result = STAINS[name]()(image, "a")
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


@every
def test_the_result_depends_only_on_the_image(name, field):
    stain, image = STAINS[name](), field(size=80)
    first = stain(image, "a")
    np.random.seed(1)
    stain(field(REFERENCE_STAINS, size=80), "other")  # has no effect on later calls
    np.testing.assert_array_equal(stain(image, "b"), first)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(stain))(np.asfortranarray(image), "a"), first)


@normaliser
def test_two_stainings_of_the_same_tissue_become_similar(name, field):
    a, b = field(size=150), field(REFERENCE_STAINS, size=150)
    assert difference(a, b) > 10
    results = [STAINS[name]()(image, "a") for image in (a, b)]
    assert difference(*results) < 6


@normaliser
def test_normalising_twice_changes_little(name, field):
    image = field(size=150)
    once = STAINS[name]()(image, "a")
    assert difference(image, once) > 10
    assert difference(STAINS[name]()(once, "a"), once) < 0.4 * difference(image, once)


@normaliser
def test_dark_stays_dark_and_bright_stays_bright(name, field):
    """A value beyond 0 or 255 that wrapped around would invert it."""
    image = field(size=150)
    result = STAINS[name]()(image, "a")
    grey, new = image.mean(axis=2).ravel(), result.mean(axis=2).ravel()
    assert np.corrcoef(grey, new)[0, 1] > 0.9
    assert new[grey == 255].min() > 215
    assert new[grey < np.percentile(grey, 2)].max() < np.median(new)


@normaliser
@pytest.mark.parametrize("level", [0, 1, 15, 100, 254, 255])
def test_grey_white_and_black_fields_are_returned_unchanged(name, level):
    given_back(name, np.full((64, 64, 3), level, np.uint8))


@normaliser
@pytest.mark.parametrize("deviation", [0, 1, 3])
def test_a_field_of_one_colour_is_returned_unchanged(name, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, (64, 64, 3))
    assert "one colour" in given_back(name, (np.array([190, 90, 150]) + noise).round().astype(np.uint8))


@normaliser
def test_grey_ramps_are_returned_unchanged(name):
    ramp = np.linspace(20, 180, 4096).reshape(64, 64, 1)
    given_back(name, np.repeat(ramp, 3, axis=2).astype(np.uint8))


@normaliser
def test_nearly_empty_fields_are_returned_unchanged(name, field):
    image = np.full((300, 300, 3), 243, np.uint8)
    image[:40, :40] = field(size=40)
    assert "too little tissue" in given_back(name, image)
    assert "too little tissue" in given_back(name, field(size=10))
    assert "too little tissue" in given_back(name, np.zeros((0, 7, 3), np.uint8))


@normaliser
def test_fields_with_alpha_keep_their_colours(name, field):
    assert "alpha" in given_back(name, np.dstack([field(size=60), np.full((60, 60), 255, np.uint8)]))


@normaliser
@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8)])
def test_an_array_of_wrong_shape_or_type_raises_a_value_error(name, image):
    with pytest.raises(ValueError, match="A00_01: expected"):
        STAINS[name]()(image, "A00_01")


@normaliser
@settings(max_examples=20, deadline=None)
@given(
    palette=arrays(np.uint8, st.tuples(st.integers(1, 6), st.sampled_from([3, 4]))),
    shape=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    noise=st.integers(0, 40),
    seed=st.integers(0, 99),
)
def test_any_image_gives_a_valid_image(name, palette, shape, noise, seed):
    rng = np.random.default_rng(seed)
    image = palette[rng.integers(0, len(palette), shape)].astype(int) + rng.integers(-noise, noise + 1, (*shape, 1))
    image = np.clip(image, 0, 255).astype(np.uint8)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = STAINS[name]()(image, "a")
    assert result.shape == (*shape, 3)
    assert result.dtype == np.uint8
    if caught:
        assert [str(warning.message)[:3] for warning in caught] == ["a: "]
        np.testing.assert_array_equal(result, image[..., :3])
    else:
        assert result.any()


def test_staintools_is_imported_only_if_it_is_used():
    modules = ", ".join(stain.__module__ for stain in STAINS.values())
    script = (
        f"import sys, {modules}; print(sorted({{'staintools', 'spams', 'matplotlib', 'torch'}} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@referenced
def test_fields_match_another_reference(name, field):
    image = STAINS[name](**other(name))(field(), "a")
    if "mean" in other(name):
        mean, deviation = statistics(image)
        np.testing.assert_allclose(mean, OTHER["mean"], atol=3)
        np.testing.assert_allclose(deviation, OTHER["deviation"], rtol=0.25)
    else:
        stains, maxima = fit(image)
        apart = np.degrees(np.arccos((stains * STAINS_OF_OTHERS).sum(axis=1).clip(max=1)))
        assert apart.max() < 4
        np.testing.assert_allclose(maxima, [1.2, 0.8], rtol=0.15)


@referenced
def test_an_invalid_reference_is_refused(name):
    for key, value in other(name).items():
        for wrong in (3, "blue", [1.0], np.zeros((2, 2)).tolist(), np.full(np.shape(value), np.nan).tolist()):
            with pytest.raises(InputError, match=f"stain.{key}=.*: give "):
                STAINS[name](**{key: wrong})
    negative = {key: (-np.abs(value)).tolist() for key, value in other(name).items()}
    with pytest.raises(InputError, match="above 0"):
        STAINS[name](**negative)


def test_stains_that_hardly_differ_are_refused():
    with pytest.raises(InputError, match="less than 5° apart"):
        Macenko(stains=[[0.5, 0.7, 0.4], [0.5, 0.7, 0.42]])


@every
def test_a_part_of_a_slide_is_normalised_as_its_sample_or_refused(name, field):
    stain, image = STAINS[name](), field(size=300)
    if isinstance(stain, Normaliser) and type(stain).fit is Normaliser.fit:  # a stain need not have one
        with pytest.raises(InputError, match="cannot be fitted once per slide; use networks of stain="):
            stain.fitted_to(image, "a")
        return
    part = stain.fitted_to(image, "a")(image[100:150])
    np.testing.assert_array_equal(part, stain(image, "a")[100:150])
    assert part.flags.c_contiguous


@pytest.mark.parametrize("name", ["macenko", "reinhard"])
def test_a_slide_that_cannot_be_fitted_keeps_its_colours(name, field):
    with pytest.warns(UserWarning, match=r"^a\.svs: stains not normalised, it has too little tissue"):
        convert = STAINS[name]().fitted_to(np.full((300, 300, 3), 250, np.uint8), "a.svs")
    image = field(size=50)
    np.testing.assert_array_equal(convert(image), image)
