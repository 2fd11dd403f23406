"""The contract of all augmentations."""

import hashlib
import inspect
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from shipped import described, parts, settings

from mitosis.run.build import build

AUGMENTS = parts("augment")
EXTRAS = ("stain_jitter", "jpeg")
"""Probabilities of the steps that come last in the augmentations that have them."""

every = pytest.mark.parametrize("name", AUGMENTS)


def extras(name: str) -> list[str]:
    return [key for key in EXTRAS if key in inspect.signature(AUGMENTS[name]).parameters]


def noise(side: int = 48) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(256, size=(side, side, 3), dtype=np.uint8), rng.integers(2, size=(side, side), dtype=np.uint8)


def digest(name: str, seeds: range) -> str:
    augment, state = AUGMENTS[name](), hashlib.sha256()
    for seed in seeds:
        for array in augment(*noise(), seed):
            state.update(np.ascontiguousarray(array))
    return state.hexdigest()


@every
def test_each_yaml_sets_every_argument_to_its_default(name: str) -> None:
    augment = build(described("augment")[name], "augment")
    assert type(augment) is AUGMENTS[name]
    assert settings("augment", name) == inspect.signature(AUGMENTS[name]).parameters.keys()
    for seed in range(5):
        np.testing.assert_array_equal(augment(*noise(), seed)[0], AUGMENTS[name]()(*noise(), seed)[0])


@every
def test_the_result_depends_only_on_the_arguments(name: str) -> None:
    augment, (image, mask) = AUGMENTS[name](), noise()
    first = [augment(image, mask, seed) for seed in range(40)]
    random.seed(7)
    np.random.seed(7)
    copy = pickle.loads(pickle.dumps(augment))
    for seed in reversed(range(40)):
        for other in (augment, copy):
            for got, expected in zip(other(image, mask, seed), first[seed], strict=True):
                np.testing.assert_array_equal(got, expected)
        augment(image[:17, :17], None, seed + 1000)  # other calls in between have no effect


def test_another_process_gives_the_same_result() -> None:
    script = "import sys; sys.modules['torch'] = None; "  # not needed here, and slow to import
    script += f"sys.path.insert(0, {str(Path(__file__).parent)!r}); from test_contract import AUGMENTS, digest; "
    script += "print(*(digest(name, range(12)) for name in AUGMENTS))"
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "tests")])
    environment = os.environ | {"PYTHONHASHSEED": "5", "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    out = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.split() == [digest(name, range(12)) for name in AUGMENTS]


@every
def test_size_and_type_are_kept_and_the_input_is_not_modified(name: str) -> None:
    augment, (image, mask) = AUGMENTS[name](), noise(33)
    image.flags.writeable = mask.flags.writeable = False
    for seed in range(60):
        got, got_mask = augment(image, mask, seed)
        assert got.shape == image.shape
        assert got.dtype == np.uint8
        assert got_mask.shape == mask.shape
        assert got_mask.dtype == np.uint8
        assert set(np.unique(got_mask)) <= {0, 1}
        alone, nothing = augment(image, None, seed)
        assert nothing is None
        np.testing.assert_array_equal(alone, got)


@every
def test_seeds_give_different_results(name: str) -> None:
    """JPEG has only 46 qualities, of which 50 seeds draw about 30; some results may also be unchanged."""
    augment, (image, mask) = AUGMENTS[name](), noise()
    results = {augment(image, mask, seed)[0].tobytes() for seed in range(50)}
    assert len(results) > (45 if extras(name) else 25) or results == {image.tobytes()}


@every
def test_the_mask_follows_the_image(name: str) -> None:
    y, x = np.mgrid[:128, :128]
    mask = ((x - 80) ** 2 + (y - 50) ** 2 <= 15**2).astype(np.uint8)
    image = np.where(mask[..., None] == 1, np.uint8([200, 40, 40]), np.uint8([225, 225, 225]))
    augment = AUGMENTS[name](**dict.fromkeys(extras(name), 0.5))
    for seed in range(80):
        got, got_mask = augment(image, mask, seed)
        grey = got.mean(axis=2)
        dark = grey < (grey.min() + grey.max()) / 2
        both, either = (dark & (got_mask == 1)).sum(), (dark | (got_mask == 1)).sum()
        assert both / either > 0.9
        offset = np.argwhere(dark).mean(axis=0) - np.argwhere(got_mask).mean(axis=0)
        assert np.abs(offset).max() < 0.5


@every
def test_masks_are_not_interpolated(name: str) -> None:
    image, mask = noise()
    augment = AUGMENTS[name]()
    for seed in range(30):
        assert set(np.unique(augment(image, mask * 255, seed)[1])) <= {0, 255}


@every
def test_each_mask_value_is_transformed_separately(name: str) -> None:
    """Interpolating between 0 and 2 must not give 1: disc and ring move together as each would move alone."""
    y, x = np.mgrid[:64, :64]
    distance, image = np.hypot(x - 36, y - 30), noise(64)[0]
    mask = np.select([distance < 8, distance < 15], [1, 2], 0).astype(np.uint8)
    augment = AUGMENTS[name]()
    for seed in range(30):
        got = augment(image, mask, seed)[1]
        for value in (0, 1, 2):
            alone = augment(image, (mask == value).astype(np.uint8), seed)[1]
            np.testing.assert_array_equal(got == value, alone == 1)


@every
def test_a_black_border_never_shows(name: str) -> None:
    """A white image may be darkened, but only evenly, apart from noise."""
    augment, white = AUGMENTS[name](), np.full((64, 64, 3), 250, dtype=np.uint8)
    for seed in range(80):
        got = augment(white, None, seed)[0]
        usual = np.median(got, axis=(0, 1))
        assert usual.min() > 90
        assert (usual - got.min(axis=(0, 1))).max() < 60


@pytest.mark.parametrize(("name", "key"), [(name, key) for name in AUGMENTS for key in extras(name)])
def test_an_extra_step_comes_last_and_does_not_change_the_others(name: str, key: str) -> None:
    image, mask = cv2.resize(noise(6)[0], (48, 48), interpolation=cv2.INTER_CUBIC), noise()[1]
    plain, always, often = AUGMENTS[name](), AUGMENTS[name](**{key: 1.0}), AUGMENTS[name](**{key: 0.5})
    changed = 0
    for seed in range(60):
        (before, before_mask), (after, after_mask) = plain(image, mask, seed), always(image, mask, seed)
        np.testing.assert_array_equal(after_mask, before_mask)
        assert not np.array_equal(after, before)
        assert np.corrcoef(after.ravel(), before.ravel())[0, 1] > 0.8
        changed += not np.array_equal(often(image, mask, seed)[0], before)
    assert 18 < changed < 42


@every
def test_very_small_images_are_accepted(name: str) -> None:
    for seed in range(20):
        image, mask = AUGMENTS[name]()(np.full((1, 1, 3), 9, np.uint8), np.ones((1, 1), np.uint8), seed)
        assert image.shape == (1, 1, 3)
        assert mask.tolist() == [[1]]
