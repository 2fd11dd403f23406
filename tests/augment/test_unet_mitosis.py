"""The U-Net paper's augmentation, part by part."""

import random
from collections import Counter

import albumentations as A
import cv2
import numpy as np
import pytest

from mitosis.augment.unet_mitosis import UNetMitosisAugment

PAPER = ["RandomRotate90", "HorizontalFlip", "VerticalFlip", "Transpose", "ShiftScaleRotate", "GaussNoise"]
PAPER += ["RandomBrightnessContrast", "HueSaturationValue"]


def parts() -> list:
    return UNetMitosisAugment()._transforms.transforms


def seeded(transform: A.BasicTransform, seed: int) -> A.BasicTransform:
    transform.set_random_state(np.random.default_rng(seed), random.Random(seed))
    return transform


def test_the_papers_eight_transforms_in_order_with_probability_one_half() -> None:
    names = [type(part).__name__.replace("Affine", "ShiftScaleRotate") for part in parts()]
    assert names == [*PAPER, "StainJitter", "Jpeg"]
    assert [part.p for part in parts()] == [0.5] * 8 + [0, 0]


def test_the_warp_is_albumentations_shift_scale_rotate() -> None:
    with pytest.warns(UserWarning, match="special case of Affine"):
        theirs = A.ShiftScaleRotate(border_mode=cv2.BORDER_REFLECT_101, p=1)
    theirs.keep_ratio = True
    ours = parts()[4]
    ours.p = 1
    rng = np.random.default_rng(0)
    image, mask = rng.integers(256, size=(48, 48, 3), dtype=np.uint8), rng.integers(2, size=(48, 48), dtype=np.uint8)
    for seed in range(20):
        got, expected = (seeded(part, seed)(image=image, mask=mask) for part in (ours, theirs))
        np.testing.assert_array_equal(got["image"], expected["image"])
        np.testing.assert_array_equal(got["mask"], expected["mask"])


def test_noise_is_a_few_grey_levels() -> None:
    noise = parts()[5]
    noise.p = 1
    grey = np.full((96, 96, 3), 128, np.uint8)
    deviations = [seeded(noise, seed)(image=grey)["image"].std() for seed in range(40)]
    assert 2.5 < min(deviations) < 4
    assert 6 < max(deviations) < 7.3


def test_all_eight_symmetries_occur() -> None:
    mask = np.arange(9, dtype=np.uint8).reshape(3, 3)  # 9 values, so that a warp would be noticed
    augment = UNetMitosisAugment()
    seen = Counter(augment(np.zeros((3, 3, 3), np.uint8), mask, seed)[1].tobytes() for seed in range(600))
    turns = [np.ascontiguousarray(np.rot90(view, k)).tobytes() for view in (mask, mask[:, ::-1]) for k in range(4)]
    assert all(seen[turn] > 20 for turn in turns)


def test_images_that_are_not_square_are_refused() -> None:
    with pytest.raises(ValueError, match="20 x 10"):
        UNetMitosisAugment()(np.zeros((10, 20, 3), np.uint8), None, 0)
