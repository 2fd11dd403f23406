"""Changes of colour and sharpness between laboratories and scanners."""

import numpy as np
import pytest

from mitosis.augment.robust import RobustAugment

NOTHING = {"stain": 0.0, "shift": 0.0, "tint": 0.0, "blur": 0.0, "noise": 0.0, "compression": 0.0}


def tissue(side: int = 64) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.clip(np.array([180, 110, 170]) + rng.normal(0, 20, (side, side, 3)), 1, 255).round().astype(np.uint8)


def test_amounts_of_zero_change_nothing() -> None:
    image = tissue()
    result, _ = RobustAugment(**NOTHING)(image, None, 3)
    assert np.abs(result.astype(int) - image).max() <= 1  # through optical densities and back


@pytest.mark.parametrize("key", ["stain", "shift", "tint"])
def test_each_amount_changes_the_colour(key: str) -> None:
    image = tissue()
    result, _ = RobustAugment(**NOTHING | {key: 0.2})(image, None, 3)
    assert np.abs(result.astype(int) - image).mean() > 1


def test_the_mask_stays_where_it_is() -> None:
    mask = np.eye(64, dtype=np.uint8)
    _, same = RobustAugment()(tissue(), mask, 5)
    assert same is mask


def test_a_blur_lowers_and_noise_raises_the_variation() -> None:
    image = tissue()
    blurred, _ = RobustAugment(**NOTHING | {"blur": 1.0})(image, None, 1)
    noisy, _ = RobustAugment(**NOTHING | {"noise": 1.0})(image, None, 1)
    assert blurred.std() < image.std() < noisy.std()
