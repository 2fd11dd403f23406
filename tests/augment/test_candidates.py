"""The second stage's augmentation, part by part."""

import numpy as np
import pytest

from mitosis.augment.candidates import CandidateAugment


def test_eight_symmetries() -> None:
    image = np.arange(9, dtype=np.uint8).reshape(3, 3, 1).repeat(3, axis=2)
    augment = CandidateAugment(warp=0, colour=0, noise=0, blur=0)
    seen = {augment(image, None, seed)[0].tobytes() for seed in range(200)}
    turns = [np.rot90(view, k) for view in (image, image[:, ::-1]) for k in range(4)]
    assert seen == {np.ascontiguousarray(turn).tobytes() for turn in turns}


def test_noise_is_a_few_grey_levels() -> None:
    grey = np.full((96, 96, 3), 128, dtype=np.uint8)
    augment = CandidateAugment(warp=0, colour=0, noise=1, blur=0)
    deviations = [augment(grey, None, seed)[0].std() for seed in range(40)]
    assert 2.5 < min(deviations) < 4
    assert 6 < max(deviations) < 7.3


def test_colour_is_changed_mildly() -> None:
    pink = np.full((8, 8, 3), (200, 130, 170), dtype=np.uint8)
    augment = CandidateAugment(warp=0, colour=1, noise=0, blur=0)
    changes = np.array([augment(pink, None, seed)[0][0, 0].astype(int) - pink[0, 0] for seed in range(100)])
    assert 15 < np.abs(changes).max() < 60
    assert (changes.min(axis=0) < -5).all()
    assert (changes.max(axis=0) > 5).all()


def test_the_centre_moves_only_a_little() -> None:
    image = np.zeros((128, 128, 3), dtype=np.uint8)
    mask = np.zeros((128, 128), dtype=np.uint8)
    mask[62:66, 62:66] = 1
    augment = CandidateAugment(warp=1)
    shifts = [np.argwhere(augment(image, mask, seed)[1]).mean(axis=0) - 63.5 for seed in range(100)]
    assert 2 < np.abs(shifts).max() < 0.03 * 128 + 1


def test_images_that_are_not_square_are_refused() -> None:
    with pytest.raises(ValueError, match="20 x 10"):
        CandidateAugment()(np.zeros((10, 20, 3), np.uint8), None, 0)
