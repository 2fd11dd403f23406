"""Tissue on small slides: where it is, how much, and what is neither."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mitosis.errors import InputError
from mitosis.image.overview import Overview, find_tissue, picture_of, sample_tissue
from mitosis.image.scan import Scan, read_scan
from mitosis.image.slide import slide_levels

EVERYWHERE = (-np.inf, np.inf)


def overview(path: Path, mpp: float = 0.25) -> tuple[Scan, Overview]:
    scan = read_scan(path)
    return scan, find_tissue(scan, mpp, slide_levels(path))


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Pink of 256 × 512 pixels from x = 320, y = 640 on glass, and black in the lower right."""
    image = np.full((1500, 1300, 3), 245, np.uint8)
    image[640:1152, 320:576] = (200, 130, 180)
    image[1300:, 1000:] = 5
    return image


@pytest.mark.parametrize("levels", [(1, 4, 16), (1, 4), (1,)])
def test_tissue_is_found_at_any_level_and_glass_and_padding_are_not(image, levels, tmp_path, write_slide: Callable):
    _, found = overview(write_slide(tmp_path / "s.svs", image, levels=levels))
    assert found.side == 64  # 16 µm
    assert found.tissue.shape == (24, 21)
    expected = np.zeros((24, 21), bool)
    expected[10:18, 5:9] = True
    np.testing.assert_array_equal(found.tissue, expected)


def test_area_counts_each_cell_once_and_near_looks_a_cell_further(image, tmp_path, write_slide):
    _, found = overview(write_slide(tmp_path / "s.svs", image))
    whole = 32 * 0.016**2
    assert found.area_mm2(EVERYWHERE, EVERYWHERE) == pytest.approx(whole)
    parts = [found.area_mm2(rows, EVERYWHERE) for rows in ((-np.inf, 700.4), (700.4, 800), (800, np.inf))]
    assert sum(parts) == pytest.approx(whole)
    assert found.near(EVERYWHERE, EVERYWHERE)
    assert found.near((0, 1500), (576, 600))
    assert found.near((0, 1500), (200, 257))
    assert not found.near((0, 1500), (0, 255))
    assert not found.near((1216, np.inf), EVERYWHERE)


def test_blocks_that_cannot_be_read_are_left_to_full_resolution(image, tmp_path, write_slide, monkeypatch):
    path = write_slide(tmp_path / "s.svs", image)
    scan = read_scan(path)

    def refuse(self, *given):
        raise InputError("damaged")

    monkeypatch.setattr(Scan, "read", refuse)
    found = find_tissue(scan, 0.25, slide_levels(path))
    assert found.tissue.all()
    with pytest.raises(InputError, match="none of its tissue can be read"):
        sample_tissue(scan, found)


def test_a_sample_is_tissue_only_and_the_same_every_time(image, tmp_path, write_slide):
    scan, found = overview(write_slide(tmp_path / "s.svs", image))
    sample = sample_tissue(scan, found)
    assert sample.shape == (32 * 128, 128, 3)
    assert (sample == (200, 130, 180)).all(axis=2).mean() > 0.8
    np.testing.assert_array_equal(sample, sample_tissue(scan, found))


@pytest.mark.parametrize("levels", [(1, 4), (1,)])
def test_a_picture_of_the_whole_slide_is_read_block_by_block(image, levels, tmp_path, write_slide, monkeypatch):
    monkeypatch.setattr("mitosis.image.overview._BLOCK", 200)
    scan = read_scan(write_slide(tmp_path / "s.svs", image, levels=levels))
    largest = []

    def read(self: Scan, x: int, y: int, width: int, height: int, level: int = 0) -> np.ndarray:
        largest.append(max(width, height))
        if (x, y) == (0, 0):
            raise InputError("damaged")
        return original(self, x, y, width, height, level)

    original = Scan.read
    monkeypatch.setattr(Scan, "read", read)
    picture = picture_of(scan, slide_levels(scan.path), 375)  # a quarter
    assert picture.shape == (375, 325, 3)
    assert max(largest) <= 200
    assert (picture[:40, :40] == 255).all(), "white where it cannot be read"
    assert (picture[205:283, 85:139] == (200, 130, 180)).all()
    assert (picture[300:320, 200:240] == 245).all()
    assert (picture[330:, 260:] == 5).all()


@pytest.mark.parametrize("levels", [(1, 4), (1,)])
def test_a_picture_of_a_part_of_the_slide_begins_at_its_corner(image, levels, tmp_path, write_slide, monkeypatch):
    monkeypatch.setattr("mitosis.image.overview._BLOCK", 200)
    scan = read_scan(write_slide(tmp_path / "s.svs", image, levels=levels))
    picture = picture_of(scan, slide_levels(scan.path), 350, (300, 600, 400, 700))  # a half
    assert picture.shape == (350, 200, 3)
    pink = np.argwhere((picture == (200, 130, 180)).all(axis=2))
    assert pink.min(axis=0) == pytest.approx((20, 10), abs=1)
    assert pink.max(axis=0) == pytest.approx((275, 137), abs=1)
