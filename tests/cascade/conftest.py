"""Runs for the tests of predictions, and which images and tiles the networks see."""

import pytest
from two_stages import Darkness, SteepDarkness, write_runs

from mitosis.cascade import slide_tiles
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.slide_tiles import SlideTiles
from mitosis.image import slide as reading


@pytest.fixture
def runs(tmp_path, monkeypatch) -> tuple[str, str]:
    """``segmenter=…`` and ``classifier=…`` of two trained runs."""
    monkeypatch.setenv("MITOSIS_TRUST", "two_stages")
    return write_runs(tmp_path, Darkness, window="whole", overlap=32)


@pytest.fixture
def seen(monkeypatch) -> list[str]:
    """The names of the images that are scored, in order."""
    names: list[str] = []
    original = Cascade.__call__

    def scored(self, image, **given):
        names.append(given["name"])
        return original(self, image, **given)

    monkeypatch.setattr(Cascade, "__call__", scored)
    return names


@pytest.fixture
def slide_runs(tmp_path, monkeypatch) -> tuple[str, str]:
    """``segmenter=…`` and ``classifier=…`` of two runs; tiles of slides are small."""
    monkeypatch.setenv("MITOSIS_TRUST", "two_stages")
    monkeypatch.setattr(slide_tiles, "SIDE", 150)
    reading._opened.cache_clear()
    return write_runs(tmp_path, SteepDarkness, window=64, overlap=16, edge_um=5.0)


@pytest.fixture
def tiles_seen(monkeypatch) -> list[tuple[int, int]]:
    """The tiles that are computed, in order."""
    done: list[tuple[int, int]] = []
    original = SlideTiles.find

    def find(self, before):
        for tile in original(self, before):
            done.append(tile.place)
            yield tile

    monkeypatch.setattr(SlideTiles, "find", find)
    return done
