import numpy as np
import pytest
from skimage.color import rgb2lab

from mitosis.data.drawing.field import draw_field
from mitosis.stain import reinhard
from mitosis.stain.macenko import Macenko
from mitosis.stain.reinhard import REFERENCE_DEVIATION, REFERENCE_MEAN, Reinhard, statistics


def test_statistics_against_scikit_image(dull):
    lab = rgb2lab(dull(0)).reshape(-1, 3)
    mean, deviation = statistics(dull(0))
    np.testing.assert_allclose(mean, lab.mean(axis=0), atol=0.2)  # OpenCV's float32 CIELAB is interpolated
    np.testing.assert_allclose(deviation, lab.std(axis=0), atol=0.1)


def test_glass_and_padding_do_not_affect_the_statistics(dull):
    image = np.full((100, 300, 3), 245, np.uint8)
    image[:, 100:200], image[:, 200:] = dull(0), 2
    np.testing.assert_allclose(statistics(image), statistics(dull(0)))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_normalised_field_has_the_references_values(dull, seed):
    lab = rgb2lab(Reinhard()(dull(seed), "a")).reshape(-1, 3)
    np.testing.assert_allclose(lab.mean(axis=0), REFERENCE_MEAN, atol=0.3)
    np.testing.assert_allclose(lab.std(axis=0), REFERENCE_DEVIATION, rtol=0.03)


def test_a_pixel_by_hand(dull):
    """One standard deviation above the field's mean lightness becomes one above the reference's."""
    image = dull(0)
    mean, deviation = statistics(image)
    target = mean + [deviation[0], 0, 0]
    lab = rgb2lab(image)
    pixel = np.unravel_index(np.linalg.norm(lab - target, axis=2).argmin(), lab.shape[:2])
    off = (lab[pixel] - target) * REFERENCE_DEVIATION / deviation
    result = rgb2lab(Reinhard()(image, "a"))[pixel] - off
    np.testing.assert_allclose(result, REFERENCE_MEAN + [REFERENCE_DEVIATION[0], 0, 0], atol=0.5)


def test_the_reference_matches_drawn_fields_after_macenko():
    result = [
        statistics(Macenko()(draw_field(seed=0, case=case, index=0, size=192, mpp=0.25).image, "a"))
        for case in (0, 7, 14)
    ]
    mean, deviation = np.mean(result, axis=0)
    np.testing.assert_allclose(mean, REFERENCE_MEAN, atol=1.5)
    np.testing.assert_allclose(deviation, REFERENCE_DEVIATION, atol=0.8)


def test_processing_in_strips_and_views_gives_the_same_result(monkeypatch, field):
    image = field(size=60)
    whole = Reinhard()(image, "a")
    monkeypatch.setattr(reinhard, "_STRIP", 7 * 60)
    np.testing.assert_array_equal(Reinhard()(image, "a"), whole)
    np.testing.assert_array_equal(Reinhard()(image[::-1, ::-1], "a"), whole[::-1, ::-1])
