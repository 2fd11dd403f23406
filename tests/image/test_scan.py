"""The scanned area of a slide: its bounds, its resolution, its damage, and which files are slides."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from mitosis.errors import InputError
from mitosis.image import scan as module
from mitosis.image import slide as reading
from mitosis.image.scan import Scan, distinct, is_slide, read_scan, scan_content, scan_mpp

BOUNDS = {
    f"openslide.bounds-{key}": value for key, value in {"x": "32", "y": "48", "width": "200", "height": "100"}.items()
}


@pytest.fixture(autouse=True)
def reopened():
    """Slides are opened anew: another test may have had one at the same path."""
    reading._opened.cache_clear()


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (600, 700, 3), np.uint8)


def tell(monkeypatch, **properties: str) -> None:
    """Let OpenSlide tell other properties."""
    monkeypatch.setattr(module, "slide_properties", lambda path: properties)


def test_a_slide_without_bounds_is_the_whole_canvas(image, tmp_path, write_slide):
    scan = read_scan(write_slide(tmp_path / "a.svs", image))
    assert (scan.left, scan.top, scan.height, scan.width) == (0, 0, 600, 700)
    np.testing.assert_array_equal(scan.read(10, 20, 30, 40), image[20:60, 10:40])


def test_pixels_are_counted_from_the_corner_of_the_scanned_area(image, tmp_path, write_slide, monkeypatch):
    path = write_slide(tmp_path / "a.svs", image)
    tell(monkeypatch, **BOUNDS)
    scan = read_scan(path)
    assert (scan.left, scan.top, scan.height, scan.width) == (32, 48, 100, 200)
    np.testing.assert_array_equal(scan.read(10, 20, 30, 40), image[68:108, 42:72])
    np.testing.assert_array_equal(scan.read(0, 0, 10, 10, 1), scan.read(0, 0, 40, 40)[::4, ::4])


@pytest.mark.parametrize("wrong", [{"x": "much"}, {"width": "0"}, {"x": "700"}])
def test_impossible_bounds_are_passed_over(image, tmp_path, write_slide, monkeypatch, wrong):
    path = write_slide(tmp_path / "a.svs", image)
    tell(monkeypatch, **BOUNDS | {f"openslide.bounds-{key}": value for key, value in wrong.items()})
    assert read_scan(path) == Scan(path, 0, 0, 600, 700)


def test_which_files_are_slides(image, tmp_path, write_slide):
    tiled = {"tile": (256, 256), "photometric": "rgb"}
    assert is_slide(tmp_path / "absent.MRXS")
    assert is_slide(write_slide(tmp_path / "levels.tif", image))
    tifffile.imwrite(tmp_path / "tiles.tif", image, **tiled)
    tifffile.imwrite(tmp_path / "strips.tif", image, photometric="rgb")
    tifffile.imwrite(tmp_path / "large.tif", np.zeros((64, 64, 3), np.uint8), tile=(16, 16), photometric="rgb")
    (tmp_path / "text.tif").write_text("no TIFF")
    (tmp_path / "empty.tif").touch()
    Image.fromarray(image).save(tmp_path / "a.png")
    for name in ("tiles.tif", "strips.tif", "text.tif", "empty.tif", "a.png"):
        assert not is_slide(tmp_path / name), name


def test_a_tiled_tiff_beyond_any_field_is_a_slide(image, tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(256, 256), photometric="rgb")
    monkeypatch.setattr(module, "LARGEST_FIELD", 600 * 700 - 1)
    assert is_slide(tmp_path / "a.tif")


def test_the_resolution_is_the_slides_own_or_else_typed(image, tmp_path, write_slide):
    svs = write_slide(tmp_path / "a.svs", image, mpp=0.5)
    assert scan_mpp(svs, None, None) == (0.5, "")
    used, line = scan_mpp(svs, 0.45, None)
    assert used == 0.45
    assert "0.45 typed and 0.5 by the slide" in line
    assert scan_mpp(svs, 0.45, "file")[0] == 0.5
    with pytest.raises(InputError, match=r"0\.25 typed and 0\.5 by the slide .* contradict"):
        scan_mpp(svs, 0.25, None)
    assert scan_mpp(svs, 0.25, "typed")[0] == 0.25


def test_the_magnification_is_no_resolution(image, tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.svs") as file:
        text = "Aperio Image Library v1.0\n700x600 (256x256)|AppMag = 40"
        file.write(image, tile=(256, 256), photometric="rgb", metadata=None, description=text)
    assert reading.slide_properties(tmp_path / "a.svs")["openslide.objective-power"] == "40"
    with pytest.raises(InputError, match=r"a\.svs: the slide does not give its µm per pixel; type mpp=0\.25"):
        scan_mpp(tmp_path / "a.svs", None, None)
    assert scan_mpp(tmp_path / "a.svs", 0.25, None) == (0.25, "")


def test_a_screens_resolution_is_none(image, tmp_path):
    tags = {"resolution": (72, 72), "resolutionunit": "INCH"}
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(256, 256), photometric="rgb", **tags)
    with pytest.raises(InputError, match="does not give its µm per pixel"):
        scan_mpp(tmp_path / "a.tif", None, None)
    assert scan_mpp(tmp_path / "a.tif", 0.25, None)[0] == 0.25


@pytest.mark.parametrize("mpp", [0.001, 4.0])
def test_an_absurd_resolution_is_refused(image, tmp_path, write_slide, mpp):
    with pytest.raises(InputError, match=rf"a\.svs has {mpp:.4g} µm per pixel, which is not 0\.05 to 2"):
        scan_mpp(write_slide(tmp_path / "a.svs", image, mpp=mpp), None, None)


@pytest.mark.parametrize("told", ["0,25", "", "nan", "-1"])
def test_a_resolution_that_is_no_number_is_none(image, tmp_path, write_slide, monkeypatch, told):
    path = write_slide(tmp_path / "a.svs", image)
    monkeypatch.setattr(
        reading, "slide_properties", lambda path: dict.fromkeys(("openslide.mpp-x", "openslide.mpp-y"), told)
    )
    with pytest.raises(InputError, match="does not give"):
        scan_mpp(path, None, None)


def test_a_large_ome_tiff_says_its_resolution_as_well(image, tmp_path, monkeypatch):
    described = '<OME><Image><Pixels PhysicalSizeX="0.3" PhysicalSizeY="0.3" /></Image></OME>'
    tifffile.imwrite(
        tmp_path / "a.tif", image, tile=(256, 256), photometric="rgb", description=described, metadata=None
    )
    assert scan_mpp(tmp_path / "a.tif", None, None)[0] == 0.3
    monkeypatch.setattr("mitosis.image.opening.MAX_PIXELS", 1000)
    assert scan_mpp(tmp_path / "a.tif", None, None)[0] == 0.3


def test_a_damaged_place_stays_white_and_is_named(image, tmp_path, write_slide):
    path = write_slide(tmp_path / "a.svs", np.tile(image, (2, 2, 1)), levels=(1,))
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        offset, count = page.dataoffsets[5 * 3 + 3], page.databytecounts[5 * 3 + 3]  # rows of 6 tiles of 256 pixels
    content = bytearray(path.read_bytes())
    content[offset : offset + count] = bytes(count)
    path.write_bytes(content)
    scan = read_scan(path)
    pixels, lost = scan.read_whole(100, 100, 1200, 1000)
    (place,) = lost
    expected = np.tile(image, (2, 2, 1))[100:1100, 100:1300].copy()
    left, top = place[0] - 100, place[1] - 100
    expected[max(0, top) : top + 512, max(0, left) : left + 512] = 255
    np.testing.assert_array_equal(pixels, expected)
    index = 5 * 3 + 3
    assert place == (index % 6 * 256 // 512 * 512, index // 6 * 256 // 512 * 512)
    np.testing.assert_array_equal(scan.read_whole(0, 0, 50, 50)[0], image[:50, :50])


def test_a_slide_is_recognised_by_its_size_start_and_end(image, tmp_path, write_slide):
    path = write_slide(tmp_path / "a.svs", image)
    before = scan_content(path)
    os.utime(path, (0, 0))
    assert scan_content(path) == before
    path.write_bytes(path.read_bytes() + b"1")
    assert scan_content(path) != before
    with pytest.raises(InputError, match=r"absent\.svs: No such file"):
        scan_content(tmp_path / "absent.svs")


def test_the_folder_of_a_mrxs_slide_belongs_to_it(tmp_path):
    (tmp_path / "a.mrxs").write_bytes(b"1")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Data0000.dat").write_bytes(b"2")
    before = scan_content(tmp_path / "a.mrxs")
    (tmp_path / "a" / "Data0000.dat").write_bytes(b"3")
    assert scan_content(tmp_path / "a.mrxs") != before


def test_a_dicom_slide_of_several_files_counts_once(monkeypatch):
    hashes = {"1.dcm": "a", "2.dcm": "a", "3.dcm": "b", "4.svs": "a"}

    def told(path: Path) -> dict[str, str]:
        if path.name == "broken.dcm":
            raise InputError("broken")
        return {"openslide.quickhash-1": hashes[path.name]}

    monkeypatch.setattr(module, "slide_properties", told)
    kept = distinct([Path(name) for name in (*hashes, "broken.dcm")])
    assert [path.name for path in kept] == ["1.dcm", "3.dcm", "4.svs", "broken.dcm"]
