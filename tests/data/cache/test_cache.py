"""The cache gives the same pixels as reading without it, and never a partial or stale entry."""

import os
import pickle
import resource
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from arguments import arguments
from PIL import Image

from mitosis.augment.scmitosis import SCMitosisAugment
from mitosis.data.cache.cache import HEADER, Cache, CachedField
from mitosis.data.cache.fingerprint import files_of
from mitosis.data.drawing.field import draw_field
from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.data.synthetic import Synthetic
from mitosis.data.view.candidate_table import CandidateRow
from mitosis.data.view.candidates import CandidateView
from mitosis.data.view.fields import FieldView
from mitosis.data.view.tiles import TileView
from mitosis.data.view.whole import WholeFieldView
from mitosis.errors import InputError
from mitosis.image.file import read_image
from mitosis.stain.macenko import Macenko
from mitosis.stain.none import NoStain
from mitosis.stain.reinhard import Reinhard

SIDE = 96


class Inverted:
    """A stain with a setting, which records its calls."""

    called: list[str] = []

    def __init__(self, white: int = 255) -> None:
        self.white = white

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        Inverted.called.append(name)
        return self.white - image


@pytest.fixture(autouse=True)
def _nothing_called_yet() -> None:
    Inverted.called.clear()


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """A drawn field, saved as a file."""
    drawn = draw_field(seed=0, case=0, index=0, size=SIDE)
    Image.fromarray(drawn.image).save(tmp_path / "a.png")
    read = partial(read_image, tmp_path / "a.png")
    return Record("a", read, (SIDE, SIDE), 0.25, "case", "slide", "scanner", drawn.figures)


def entries(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.npy")}


def made(cache: Cache, record: Record) -> bool:
    """Whether the field had to be normalised."""
    before = Inverted.called.count(record.field)
    cache.field(record)
    return Inverted.called.count(record.field) > before


def test_a_cached_field_is_identical_and_written_once(record: Record, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", Inverted())
    assert cache.missing_bytes(record) == SIDE * SIDE * 4 + 2 * HEADER
    field = cache.field(record)
    assert isinstance(field, CachedField)
    assert isinstance(field.image, np.memmap)
    assert isinstance(field.mask, np.memmap)
    np.testing.assert_array_equal(field.image, 255 - record.read())
    np.testing.assert_array_equal(field.mask, record.mask())
    assert field.record is record
    assert field.image.dtype == field.mask.dtype == np.uint8
    assert sum(map(len, entries(tmp_path).values())) == SIDE * SIDE * 4 + 2 * HEADER
    assert cache.missing_bytes(record) == 0
    assert not made(cache, record)
    assert not made(Cache(cache.folder, Inverted()), record)
    for array in (field.image, field.mask):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_another_process_does_not_hash_the_stain_again(record: Record, tmp_path: Path) -> None:
    cache = pickle.loads(pickle.dumps(Cache(tmp_path / "cache", Inverted())))
    assert Inverted.called == ["a fixed image"]
    cache.field(record)
    assert Inverted.called == ["a fixed image", "a"]


def test_a_change_of_the_pixels_sources_makes_new_entries(record: Record, tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "cache"
    assert made(Cache(folder, Inverted()), record)
    assert made(Cache(folder, Inverted(white=254)), record)
    assert not made(Cache(folder, Inverted()), record)
    other = (0 * record.read()).astype(np.uint8)
    Image.fromarray(other).save(tmp_path / "a.png")
    assert made(Cache(folder, Inverted()), record)
    assert (Cache(folder, Inverted()).field(record).image == 255).all()
    monkeypatch.setattr(Inverted, "__call__", lambda self, image, name: Inverted.called.append(name) or image)
    assert made(Cache(folder, Inverted()), record)  # same name and settings, different code


def test_changes_that_keep_the_pixels_reuse_the_entries(record: Record, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", Inverted())
    assert made(cache, record)
    os.utime(tmp_path / "a.png", ns=(1, 1))
    assert not made(cache, record)
    (tmp_path / "a.png").rename(tmp_path / "moved and renamed.png")
    moved = replace(record, read=partial(read_image, tmp_path / "moved and renamed.png"), field="b", case="other")
    assert not made(cache, moved)
    assert len(entries(tmp_path)) == 2


def test_a_source_file_is_hashed_once(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path / "cache", Inverted()).field(record)
    monkeypatch.setattr("mitosis.data.cache.fingerprint.hashlib.file_digest", None)
    assert not made(Cache(tmp_path / "cache", Inverted()), record)
    with (tmp_path / "a.png").open("ab") as file:
        file.write(b"x")
    with pytest.raises(TypeError):
        Cache(tmp_path / "cache", Inverted()).field(record)


def test_a_change_of_the_labels_makes_a_new_mask(record: Record, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", Inverted())
    cache.field(record)
    fewer = replace(record, figures=record.figures[1:])
    added = replace(record, figures=(*record.figures, MitoticFigure(np.array([[0, 0]], np.int32))))
    Image.fromarray(np.full((SIDE, SIDE), 7, np.uint8)).save(tmp_path / "mask.png")
    read = replace(record, read_mask=partial(_grey, tmp_path / "mask.png"))
    for changed in (fewer, added, read):
        assert cache.missing_bytes(changed) == SIDE * SIDE + HEADER
        np.testing.assert_array_equal(cache.field(changed).mask, changed.mask())
    np.testing.assert_array_equal(cache.field(record).mask, record.mask())
    Image.fromarray(np.full((SIDE, SIDE), 8, np.uint8)).save(tmp_path / "mask.png")
    assert (cache.field(read).mask == 8).all()


def _grey(path: Path) -> np.ndarray:
    return read_image(path)[..., 0].copy()


def test_readers_without_files_are_identified_by_their_pixels(tmp_path: Path) -> None:
    def record(read: Callable) -> Record:
        return Record("a", read, (2, 3), 0.25, "case", "slide", "scanner")

    cache = Cache(tmp_path / "cache", Inverted())
    black, white = (partial(np.full, (2, 3, 3), value, np.uint8) for value in (0, 255))
    assert made(cache, record(black))
    assert made(cache, record(white))
    assert not made(cache, record(lambda: black()))
    np.save(tmp_path / "a.npy", black())
    folder = partial(_of_folder, tmp_path, "a.npy")  # no argument names the file
    assert files_of(folder) == []
    assert not made(cache, record(folder))
    np.save(tmp_path / "a.npy", 1 + black())
    assert made(cache, record(folder))
    assert files_of(partial(read_image, tmp_path / "none.png")) == files_of(black) == files_of(None) == []


def _of_folder(folder: Path, name: str) -> np.ndarray:
    return np.load(folder / name)


def test_regions_of_one_file_differ(tmp_path: Path) -> None:
    image = draw_field(seed=0, case=0, index=0, size=SIDE).image
    Image.fromarray(image).save(tmp_path / "slide.png")
    cache = Cache(tmp_path / "cache", NoStain())
    for left in (0, 40):
        read = partial(_region, str(tmp_path / "slide.png"), left=left)
        assert files_of(read) == [tmp_path / "slide.png"]
        region = cache.field(Record("a", read, (SIDE, 20), 0.25, "case", "slide", "scanner")).image
        np.testing.assert_array_equal(region, image[:, left : left + 20])


def _region(path: str, left: int) -> np.ndarray:
    return read_image(path)[:, left : left + 20].copy()


@pytest.mark.parametrize("kind", ["images", "masks"])
@pytest.mark.parametrize("size", [0, 60, 1000])
def test_a_truncated_entry_is_rewritten(record: Record, tmp_path: Path, kind: str, size: int) -> None:
    cache = Cache(tmp_path / "cache", Inverted())
    field = cache.field(record)
    whole = entries(tmp_path)
    (path,) = (cache.folder / kind).iterdir()
    os.truncate(path, size)
    with pytest.raises(InputError, match="not readable any more"):
        _ = field.image, field.mask
    assert cache.missing_bytes(record)
    assert cache.field(record)
    assert entries(tmp_path) == whole


def test_a_failure_leaves_no_entry(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "cache", Inverted())
    monkeypatch.setattr("mitosis.files.os.fsync", partial(_fail))
    with pytest.raises(OSError, match=r"images/\w+\.npy"):
        cache.field(record)
    assert not entries(tmp_path)
    assert not list(tmp_path.rglob("*.part"))


def _fail(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_a_field_of_another_size_is_named(record: Record, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"field a: \(96, 96, 3\) uint8 where its record promises \(96, 97, 3\)"):
        Cache(tmp_path / "cache", NoStain()).field(replace(record, size=(SIDE, SIDE + 1)))
    (tmp_path / "a.png").unlink()
    with pytest.raises(InputError, match=r"a\.png: no such image file"):
        Cache(tmp_path / "cache", NoStain()).field(record)


@pytest.mark.parametrize("stain", [NoStain(), Macenko(), Reinhard()])
def test_views_see_the_same_in_memory_and_on_disk(tmp_path: Path, stain: Callable) -> None:
    data = Synthetic(folds="synthetic", size=SIDE, cases=3, **arguments())
    records = data.records()
    memory = [Field(r, stain(r.read(), r.field), r.mask()) for r in records]
    disk = [Cache(tmp_path, stain).field(r) for r in records]
    augment, kept = SCMitosisAugment(), {"samples": 6, "seed": 1}
    name = records[0].field
    rows = {name: [CandidateRow(name, x, y, 20.0, 0.5, 0.9, 0, "", "seen") for x, y in ((5.0, 7.0), (90.0, 30.5))]}
    views = [
        partial(TileView, augment=augment, size=48, overlap=8, jitter=8, **kept),
        partial(WholeFieldView, augment=augment, mpp=0.5, **kept),
        partial(CandidateView, candidates=rows, augment=augment, pixels=32, **kept),
    ]
    for view in views:
        one, other = view(memory), view(disk)
        for index in range(6):
            assert equal(one[0, index], other[0, index])
    assert all(equal(one, other) for one, other in zip(FieldView(memory), FieldView(disk), strict=True))  # pyright: ignore


def equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(torch.equal(v, other[k]) if isinstance(v, torch.Tensor) else v == other[k] for k, v in one.items())


def test_more_fields_than_file_descriptors_can_be_used(record: Record, tmp_path: Path) -> None:
    field = Cache(tmp_path / "cache", NoStain()).field(record)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        assert sum(int(view[0, 0, 0]) for view in [field.image[:5, :5].copy() for _ in range(200)]) >= 0
        fields = [Cache(tmp_path / "cache", NoStain()).field(record) for _ in range(60)]
        assert all(item.image.shape == (SIDE, SIDE, 3) and item.mask.shape == (SIDE, SIDE) for item in fields)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
