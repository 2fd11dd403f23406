"""Missing fields are counted before any is written, and refused if the disk cannot hold them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mitosis.data.cache import capacity as rooms
from mitosis.data.cache.cache import HEADER, Cache
from mitosis.data.cache.fill import fill
from mitosis.data.record import MitoticFigure, Record
from mitosis.errors import InputError
from mitosis.stain.none import NoStain

SIDE = 96
ENTRY = 4 * SIDE**2 + 2 * HEADER
DRAWN = ["data=synthetic", f"data.size={SIDE}", "data.cases=5", "data.fields_per_case=1", "data.cache=cache"]


@pytest.fixture
def records() -> list[Record]:
    """Five grey fields with different masks."""
    read = [partial(np.full, (SIDE, SIDE, 3), grey, np.uint8) for grey in range(5)]
    figures = [(MitoticFigure(np.array([[x, x]], np.int32)),) for x in range(5)]
    return [Record(str(i), read[i], (SIDE, SIDE), 0.25, "c", "s", "s", figures[i]) for i in range(5)]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def set_free(free: int) -> None:
        monkeypatch.setattr("mitosis.data.cache.capacity.shutil.disk_usage", lambda path: SimpleNamespace(free=free))

    return set_free


def entries(folder: Path) -> list[Path]:
    return list(folder.rglob("*.npy"))


def test_only_missing_fields_are_counted_and_written(
    records: list[Record], tmp_path: Path, capsys: pytest.CaptureFixture, room: Callable[[int], None]
) -> None:
    cache = Cache(tmp_path / "new" / "cache", NoStain())
    cache.field(records[0])
    room(4 * ENTRY - 1)
    with pytest.raises(InputError, match=r"new/cache: \d+\.\d\d KiB are needed and \d+\.\d\d KiB free; make room"):
        fill(cache, records, 1)
    assert len(entries(tmp_path)) == 2
    assert "1 of 5 fields" in capsys.readouterr().out
    room(4 * ENTRY)
    fill(cache, records, 1)
    assert len(entries(tmp_path)) == 10


def test_free_space_is_that_of_the_disk_of_the_cache(records: list[Record], tmp_path: Path) -> None:
    fill(Cache(tmp_path / "not" / "there" / "yet", NoStain()), records[:1], 1)
    assert len(entries(tmp_path / "not" / "there" / "yet")) == 2


def test_training_checks_the_space_before_it_fills_the_cache(
    cli: Callable[..., Any], tmp_path: Path, room: Callable[[int], None]
) -> None:
    train = ["model=scmitosis_seg", *DRAWN, "fold=0", "data.folds=null", "budget=smoke", "budget.widths=[4,4,8,8]"]
    train += ["trainer=exact", "data.samples_per_epoch=8", "view.train.size=64", "view.train.jitter=16", "max_steps=2"]
    room(3 * ENTRY - 1)  # two fields to train on, one of val; the test part is not read
    ended = cli("train", *train)
    assert ended.code == 1
    needed, free = rooms.amount(3 * ENTRY), rooms.amount(3 * ENTRY - 1)
    assert f"0 of 3 fields are in cache; {needed} needed for the others" in ended.out
    message = f"data.cache=cache: {needed} are needed and {free} free; make room, or choose a folder on another disk"
    assert ended.err == f"mitosis: {message}\n"
    assert not entries(tmp_path)
    assert not list(tmp_path.rglob("*.ckpt"))
    room(3 * ENTRY)
    ended = cli("train", *train)
    assert ended.code == 0, ended
    assert len(entries(tmp_path)) == 6


def test_fields_that_do_not_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "free_memory", lambda: 4 * 64 * 64 - 1)
    record = Record("a", lambda: np.zeros((64, 64, 3), np.uint8), (64, 64), 0.25, "a", "a", "s")
    with pytest.raises(InputError, match=r"1 fields take 16\.00 KiB of memory .* type data\.cache=DIR"):
        rooms.check_memory([record])
    monkeypatch.setattr(rooms, "free_memory", lambda: 4 * 64 * 64)
    rooms.check_memory([record])
    monkeypatch.setattr(rooms, "free_memory", lambda: None)
    rooms.check_memory([record] * 1000)
    monkeypatch.undo()
    assert (rooms.free_memory() or 2**30) > 2**20
