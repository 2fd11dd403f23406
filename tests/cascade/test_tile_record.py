"""The file of a slide's finished tiles."""

from pathlib import Path

import numpy as np
import pytest

from mitosis.cascade.slide_tiles import Tile
from mitosis.cascade.tile_record import TileRecord

FULL = Path("/dev/full")
ASKED = {"networks": [["feed", 0.5]], "slide": "abc 0.25"}


def tile(row: int, column: int, *candidates: tuple[float, ...], lost=()) -> Tile:
    return Tile((row, column), 0.1 + row, np.array(candidates, np.float64).reshape(-1, 5), list(lost))


def kept(path: Path, asked=ASKED) -> dict:
    with TileRecord(path, asked) as record:
        return dict(record.tiles)


def test_tiles_are_read_again_to_the_last_bit(tmp_path):
    path, first = tmp_path / "unfinished" / "a.svs.jsonl", tile(0, 1, (1 / 3, 2e5 + 1 / 7, 0.02, 1e-9, 30.1))
    with TileRecord(path, ASKED) as record:
        record.add(first)
        record.add(tile(0, 2))
        assert set(kept(path)) == {(0, 1), (0, 2)}, "each is on the disk at once"
    (one, other) = kept(path).values()
    assert (one.tissue_mm2, other.candidates.shape) == (0.1, (0, 5))
    np.testing.assert_array_equal(one.candidates, first.candidates)


def test_tiles_of_something_else_and_half_written_ones_are_dropped(tmp_path):
    path = tmp_path / "a.jsonl"
    with TileRecord(path, ASKED) as record:
        record.add(tile(0, 0))
    text = path.read_text()
    for rest in ("[[0, 1], 0.1, [[1.0, 2", "[]\n", "{}", '[[1, "x"], 0.1, []]\n', "[[1, 1], 0.1, [[1, 2]]]\n"):
        path.write_text(text + rest)
        assert set(kept(path)) == {(0, 0)}
    assert kept(path, ASKED | {"slide": "abd 0.25"}) == {}
    assert kept(path) == {}, "the file now belongs to the other slide"


def test_damaged_tiles_are_used_now_and_tried_again_later(tmp_path):
    path = tmp_path / "a.jsonl"
    with TileRecord(path, ASKED) as record:
        record.add(tile(0, 0, lost=[(512, 0)]))
        assert record.tiles[0, 0].lost == [(512, 0)]
    assert kept(path) == {}


@pytest.mark.skipif(not FULL.exists(), reason="no full disk on this system")
def test_a_full_disk_is_named_and_costs_no_tile_before(tmp_path):
    path = tmp_path / "a.jsonl"
    with TileRecord(path, ASKED) as record:
        record.add(tile(0, 0))
        record._file.close()
        record._file = FULL.open("a", encoding="utf-8")
        with pytest.raises(OSError, match="No space left on device") as caught:
            record.add(tile(0, 1))
    assert caught.value.filename == str(path)
    assert set(kept(path)) == {(0, 0)}


def test_the_folder_goes_with_its_last_file(tmp_path):
    paths = [tmp_path / "unfinished" / name for name in ("a.jsonl", "b.jsonl")]
    for path in paths:
        kept(path)
    for path, left in zip(paths, (True, False), strict=True):
        with TileRecord(path, ASKED) as record:
            pass
        record.remove()
        assert not path.exists()
        assert path.parent.exists() == left
