"""The store reads and normalises each field once, or yields them one by one with at most two in memory."""

import weakref
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from arguments import arguments
from PIL import Image

from mitosis.data.cache.cache import CachedField
from mitosis.data.cache.store import FieldStore
from mitosis.data.record import Record
from mitosis.data.synthetic import Synthetic
from mitosis.errors import InputError
from mitosis.image.file import read_image
from mitosis.stain.macenko import Macenko


def drawn() -> list[Record]:
    """20 records."""
    return Synthetic(folds=None, size=96, cases=10, **arguments()).records()


class Counting:
    """A stain that records its calls."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        self.called.append(name)
        return 255 - image


def test_fields_are_normalised_once() -> None:
    stain = Counting()
    store, records = FieldStore(stain), drawn()
    first = store.fields(records[:6])
    again = store.fields([*reversed(records[:6]), records[8]])
    assert again[:6] == first[::-1]
    assert sorted(stain.called) == sorted(record.field for record in [*records[:6], records[8]])
    assert np.array_equal(first[0].image, 255 - records[0].read())
    assert np.array_equal(first[0].mask, records[0].mask())


class Alive:
    """A stain that counts how many of its results are still in memory."""

    def __init__(self) -> None:
        self.made: list[weakref.ref] = []
        self.most = 0

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        self.look()
        result = 255 - image
        self.made.append(weakref.ref(result))
        return result

    def look(self) -> None:
        self.most = max(self.most, sum(image() is not None for image in self.made))


def test_each_keeps_at_most_two_fields_in_memory() -> None:
    stain = Alive()
    store, records = FieldStore(stain), drawn()
    for record, field in zip(records, store.each(records), strict=True):
        stain.look()
        assert field.record is record
        assert np.array_equal(field.image, 255 - record.read())
        assert np.array_equal(field.mask, record.mask())
    del field
    assert len(stain.made) == 20
    assert 1 <= stain.most <= 2
    assert not [image for image in stain.made if image() is not None]


def test_each_reuses_fields_in_memory_or_in_the_cache(tmp_path: Path) -> None:
    store, records = FieldStore(stain := Counting()), drawn()
    held = store.fields(records[:2])
    again = list(store.each(records[:3]))
    assert again[0] is held[0]
    assert again[1] is held[1]
    assert len(stain.called) == 3
    cached = FieldStore(Counting(), tmp_path)
    (field,) = cached.each(records[:1])
    assert isinstance(field, CachedField)
    assert np.array_equal(field.image, held[0].image)


def test_a_warning_about_a_field_is_shown_once(tmp_path: Path) -> None:
    Image.fromarray(np.full((96, 96, 3), 255, np.uint8)).save(tmp_path / "white.png")
    read = partial(read_image, tmp_path / "white.png")
    white = [Record(name, read, (96, 96), 0.25, "c", "s", "s") for name in ("a (1)", "b")]
    store = FieldStore(Macenko())
    with pytest.warns(UserWarning, match="stains not normalised") as caught:
        sizes = [len(list(store.each(records))) for records in (white[:1], white, white)]
    assert sizes == [1, 2, 2]
    assert [str(warning.message).split(":")[0] for warning in caught] == ["a (1)", "b"]


def test_each_raises_errors_of_reading() -> None:
    def broken() -> np.ndarray:
        raise InputError("b.png: the image is cut off")

    store, records = FieldStore(Counting()), drawn()
    fields = store.each([records[0], replace(records[1], read=broken)])
    assert next(fields).record is records[0]
    with pytest.raises(InputError, match="cut off"):
        next(fields)
