"""Random changes of the amounts of the stains."""

import numpy as np
import pytest
from skimage.color import rgb_from_hed

from mitosis.augment.stain_jitter import HEMATOXYLIN_EOSIN, StainJitter, StainJitterAugment
from mitosis.image.optical_density import DENSITY


def stained(*amounts: tuple[float, float], glass: float = 255.0) -> np.ndarray:
    """A row of pixels with these amounts of hematoxylin and eosin."""
    return np.rint(glass * np.exp(-np.array([amounts]) @ HEMATOXYLIN_EOSIN)).astype(np.uint8)


def amounts_of(image: np.ndarray) -> np.ndarray:
    return DENSITY[image] @ np.linalg.pinv(HEMATOXYLIN_EOSIN)


def test_the_stain_vectors_are_those_of_ruifrok_and_johnston() -> None:
    np.testing.assert_array_equal(HEMATOXYLIN_EOSIN, rgb_from_hed[:2])


def test_scale_and_shift_by_hand() -> None:
    """0.8 of hematoxylin times 1.5 plus 0.1 is 1.3; 0.6 of eosin times 0.5 minus 0.1 is 0.2."""
    changed = StainJitter().apply(stained((0.8, 0.6)), np.array([0.5, -0.5]), np.array([0.1, -0.1]))
    assert np.abs(changed.astype(int) - stained((1.3, 0.2))).max() <= 2  # the input is rounded to whole grey levels


def test_zero_jitter_changes_nothing() -> None:
    image = np.random.default_rng(0).integers(1, 256, (30, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(StainJitterAugment(scale=0.0, shift=0.0)(image, None, 3)[0], image)


def test_the_residual_that_is_neither_stain_is_kept() -> None:
    image = np.random.default_rng(0).integers(60, 200, (30, 30, 3), dtype=np.uint8)
    neither = np.cross(*HEMATOXYLIN_EOSIN)
    changed = StainJitterAugment()(image, None, 0)[0]
    assert np.abs(changed.astype(int) - image).max() > 3
    np.testing.assert_allclose(DENSITY[changed] @ neither, DENSITY[image] @ neither, atol=0.02)


def test_both_stains_vary_independently_within_bounds() -> None:
    image = stained((0.5, 0.5), (1.5, 0.5), (0.5, 1.5))
    before = amounts_of(image)[0]
    after = np.array([amounts_of(StainJitterAugment()(image, None, seed)[0])[0] for seed in range(300)])
    factors = (after[:, [1, 2], [0, 1]] - after[:, [0, 0], [0, 1]]) / (before[[1, 2], [0, 1]] - before[[0, 0], [0, 1]])
    offsets = after[:, 0] - factors * before[0]
    assert 0.77 < factors.min() < 0.83
    assert 1.17 < factors.max() < 1.23
    assert -0.08 < offsets.min() < -0.03
    assert 0.03 < offsets.max() < 0.08
    assert abs(np.corrcoef(factors.T)[0, 1]) < 0.2


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_do_not_wrap_around(level: int) -> None:
    image = np.full((4, 4, 3), level, np.uint8)
    for seed in range(30):
        changed = StainJitterAugment()(image, None, seed)[0].astype(int)
        assert np.abs(changed - level).max() < 30
