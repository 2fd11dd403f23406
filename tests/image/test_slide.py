"""A small whole slide in Aperio's format, read region by region."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from mitosis.data.drawing.field import draw_field
from mitosis.errors import InputError
from mitosis.image.slide import read_region, slide_bounds, slide_mpp, slide_size, tissue_share


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Glass, 1300 pixels wide and 1500 high, with tissue from (512, 512) to (1024, 1024)."""
    glass = np.full((1500, 1300, 3), 245, np.uint8)
    glass[512:1024, 512:1024] = draw_field(seed=0, case=0, index=0, size=512).image
    return glass


@pytest.fixture
def slide(image: np.ndarray, tmp_path: Path, write_slide: Callable[..., Path]) -> Path:
    return write_slide(tmp_path / "ä (1).svs", image, mpp=0.25)


def test_size_and_resolution_of_a_slide(slide: Path) -> None:
    assert slide_size(slide) == (1500, 1300)
    assert slide_mpp(slide) == [("the slide", 0.25, 0.25)]


def test_regions_are_the_pixels_of_full_resolution(slide: Path, image: np.ndarray) -> None:
    region = read_region(slide, x=500, y=700, width=300, height=200)
    assert region.dtype == np.uint8
    np.testing.assert_array_equal(region, image[700:900, 500:800])


def test_areas_that_were_not_scanned_are_white(slide: Path, image: np.ndarray) -> None:
    region = read_region(slide, x=1200, y=1450, width=300, height=200)
    np.testing.assert_array_equal(region[:50, :100], image[1450:, 1200:])
    assert (region[50:] == 255).all()
    assert (region[:, 100:] == 255).all()


@pytest.mark.parametrize("levels", [(1, 4), (1,)])
def test_share_of_tissue(levels: tuple[int, ...], image: np.ndarray, tmp_path: Path, write_slide: Callable) -> None:
    path = write_slide(tmp_path / "s.svs", image, levels=levels)
    assert tissue_share(path, x=0, y=0, side=512) == 0
    assert tissue_share(path, x=512, y=512, side=512) > 0.5
    assert tissue_share(path, x=1024, y=1024, side=512) == 0  # partly beyond the slide
    half = tissue_share(path, x=256, y=512, side=512) / tissue_share(path, x=512, y=512, side=512)
    assert 0.3 < half < 0.7


def test_plain_tiffs_with_tiles_are_slides(image: np.ndarray, tmp_path: Path) -> None:
    for name, tags in (("a.tif", {"resolution": (40000, 40000), "resolutionunit": "CENTIMETER"}), ("b.tif", {})):
        tifffile.imwrite(tmp_path / name, image, tile=(256, 256), photometric="rgb", **tags)
    assert slide_mpp(tmp_path / "a.tif") == [("the slide", 0.25, 0.25)]
    assert slide_mpp(tmp_path / "b.tif") == []
    assert slide_size(tmp_path / "b.tif") == (1500, 1300)


def test_a_file_that_is_not_a_slide_is_named(tmp_path: Path, slide: Path) -> None:
    (tmp_path / "text.svs").write_text("no slide")
    with pytest.raises(InputError, match=r"text\.svs: not a slide that OpenSlide reads"):
        slide_size(tmp_path / "text.svs")
    with pytest.raises(InputError, match=r"absent\.svs: no such slide"):
        read_region(tmp_path / "absent.svs", x=0, y=0, width=1, height=1)
    whole = slide.read_bytes()
    cut = tmp_path / "cut.svs"
    cut.write_bytes(whole[:20_000] + bytes(len(whole) - 20_000))
    for _ in range(2):  # also the second time
        with pytest.raises(InputError, match=r"cut\.svs: .*(cut off|damaged).*copy it again"):
            read_region(cut, x=0, y=0, width=1300, height=1500)


def test_a_fork_reopens_the_slide(slide: Path) -> None:
    before = read_region(slide, x=600, y=600, width=100, height=100)
    child = os.fork()
    if not child:  # pytest must not continue in the child
        try:
            same = all(
                np.array_equal(read_region(slide, x=600, y=600, width=100, height=100), before) for _ in range(20)
            )
        finally:
            os._exit(0 if same else 1)
    for _ in range(20):
        np.testing.assert_array_equal(read_region(slide, x=600, y=600, width=100, height=100), before)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_bounds_are_those_of_the_scanner_or_the_whole_slide(slide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert slide_bounds(slide) == (0, 0, 1300, 1500)
    names = ("bounds-x", "bounds-y", "bounds-width", "bounds-height")
    told = {f"openslide.{name}": str(value) for name, value in zip(names, (400, 50, 700, 600), strict=True)}
    monkeypatch.setattr("openslide.OpenSlide.properties", told)
    assert slide_bounds(slide) == (400, 50, 700, 600)
