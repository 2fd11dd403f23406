"""JPEG compression artefacts."""

import io

import cv2
import numpy as np
from PIL import Image

from mitosis.augment.jpeg import JpegAugment


def smooth() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(60, 220, (8, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (64, 64), interpolation=cv2.INTER_CUBIC)


def by_pillow(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).astype(int)


def test_the_encoder_gets_the_channels_in_the_right_order() -> None:
    image = smooth()
    for quality in (20, 90):
        got = JpegAugment(quality=[quality, quality])(image, None, 0)[0].astype(int)
        assert np.abs(got - by_pillow(image, quality)).mean() < 1.5
        assert np.abs(got - by_pillow(image[..., ::-1].copy(), quality)).mean() > 10


def test_a_lower_quality_changes_the_image_more() -> None:
    image = smooth()
    errors = [
        np.abs(JpegAugment(quality=[quality, quality])(image, None, 0)[0].astype(int) - image).mean()
        for quality in (10, 50, 95)
    ]
    assert errors[0] > 1.5 * errors[1] > 2 * errors[2]


def test_quality_is_random_within_its_range() -> None:
    image = smooth()
    results = [JpegAugment()(image, None, seed)[0] for seed in range(60)]
    assert len({result.tobytes() for result in results}) > 15
    worst = np.abs(JpegAugment(quality=[50, 50])(image, None, 0)[0].astype(int) - image).mean()
    assert max(np.abs(result.astype(int) - image).mean() for result in results) <= worst * 1.05


def test_it_is_applied_with_its_probability() -> None:
    image = smooth()
    augment = JpegAugment(probability=0.25)
    changed = sum(not np.array_equal(augment(image, None, seed)[0], image) for seed in range(400))
    assert 65 < changed < 135
