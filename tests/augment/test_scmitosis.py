"""SCMitosis' augmentation, part by part."""

from collections import Counter

import cv2
import numpy as np

from mitosis.augment.scmitosis import SCMitosisAugment


def test_flips_are_independent() -> None:
    image = np.arange(4, dtype=np.uint8).reshape(2, 2, 1).repeat(3, axis=2)
    augment = SCMitosisAugment(warp=0, filtering=0)
    seen = Counter(tuple(augment(image, None, seed)[0][..., 0].ravel()) for seed in range(800))
    assert seen.keys() == {(0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)}
    assert all(140 < count < 260 for count in seen.values())


def test_rescaling_keeps_shape_and_range() -> None:
    y, x = np.mgrid[:201, :201]
    mask = ((x - 100) ** 2 + (y - 100) ** 2 <= 20**2).astype(np.uint8)
    image = mask[..., None].repeat(3, axis=2) * 200
    augment = SCMitosisAugment(warp=1, scale=(0.5, 2.0), filtering=0)
    factors = []
    for seed in range(60):
        disc = augment(image, mask, seed)[1][51:150, 51:150]  # without the reflections beyond the border
        _, (width, height), _ = cv2.minAreaRect(np.argwhere(disc).astype(np.float32))
        assert abs(width - height) <= 2  # one factor for both axes
        factors.append(np.sqrt(disc.sum() / mask.sum()))
    assert 0.45 < min(factors) < 0.65
    assert 1.8 < max(factors) < 2.05


def test_filtering_has_its_probability_and_keeps_the_brightness() -> None:
    image = np.random.default_rng(0).integers(90, 160, size=(64, 64, 3), dtype=np.uint8)
    augment = SCMitosisAugment(warp=0, filtering=0.3)
    flips = {np.ascontiguousarray(view).tobytes() for turn in (image, image[::-1]) for view in (turn, turn[:, ::-1])}
    results = [augment(image, None, seed)[0] for seed in range(400)]
    filtered = [result for result in results if result.tobytes() not in flips]
    assert 85 < len(filtered) < 155
    assert max(abs(result.mean() - image.mean()) for result in filtered) < 2
    assert {result.std() > image.std() for result in filtered} == {True, False}  # some are sharpened, some smoothed
