"""Images that look alike are distinguished from those that do not."""

import io

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mitosis.check.near_duplicates import dhash, near_duplicates
from mitosis.data.drawing.field import draw_field


def drawn(case: int) -> np.ndarray:
    return draw_field(seed=0, case=case, index=0, size=192).image


def bits(one: np.ndarray, other: np.ndarray) -> int:
    return int(dhash(one) ^ dhash(other)).bit_count()


def test_a_hash_by_hand() -> None:
    # Nine columns of 10 pixels, each darker than the one before, set all bits; in reverse order they set none.
    ramp = np.repeat(np.arange(180, 0, -20, dtype=np.uint8), 10)
    image = np.stack([np.tile(ramp, (80, 1))] * 3, axis=2)
    assert dhash(image) == 2**64 - 1
    assert dhash(image[:, ::-1].copy()) == 0
    half = image.copy()
    half[40:] = 128
    assert int(dhash(half)).bit_count() == 32


def test_another_compression_size_and_brightness_look_alike() -> None:
    image = drawn(0)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=60)
    assert bits(image, np.array(Image.open(file))) <= 4
    assert bits(image, cv2.resize(image, (150, 130), interpolation=cv2.INTER_AREA)) <= 4
    assert bits(image, (image * 0.9).astype(np.uint8)) <= 4


def test_different_fields_do_not_look_alike() -> None:
    hashes = np.array([dhash(drawn(case)) for case in range(12)])
    assert near_duplicates(hashes, 4) == []


@given(st.lists(st.integers(0, 2**64 - 1), max_size=8), st.integers(0, 64))
def test_pairs_are_exactly_those_within_the_distance(values: list[int], distance: int) -> None:
    expected = [
        (i, j)
        for i in range(len(values))
        for j in range(i + 1, len(values))
        if (values[i] ^ values[j]).bit_count() <= distance
    ]
    assert near_duplicates(np.array(values, dtype=np.uint64), distance) == expected
