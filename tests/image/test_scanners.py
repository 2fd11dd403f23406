"""Slides as other scanners write them: where their pixels lie, their resolution, and what is said of broken ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from miniature.scanners import CORNER, write_dicom, write_mrxs, write_ndpi, write_scn

from mitosis.errors import InputError
from mitosis.image.overview import find_tissue
from mitosis.image.scan import distinct, is_slide, read_scan, scan_mpp
from mitosis.image.slide import read_region, slide_levels

EVERYWHERE = (0.0, np.inf)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Tissue of 256 × 320 pixels from x = 192, y = 128 on glass, with a dark square."""
    image = np.full((512, 768, 3), 243, np.uint8)
    image[128:384, 192:512] = (200, 130, 180)
    image[200:220, 300:340] = (40, 20, 80)
    return image


def dicom(path: Path, image: np.ndarray, mpp: float) -> Path:
    return write_dicom(path.with_suffix(""), image, mpp)[0]


@pytest.mark.parametrize(
    ("name", "write", "corner", "apart"),
    [
        ("a.mrxs", write_mrxs, (256, 512), 0),
        ("a.scn", write_scn, CORNER, 0),
        ("a.ndpi", write_ndpi, (0, 0), 40),  # a JPEG
        ("a.dcm", dicom, (0, 0), 0),
    ],
)
def test_pixels_are_counted_from_the_corner_of_what_was_scanned(
    image: np.ndarray, tmp_path: Path, name: str, write: Callable[..., Path], corner: tuple[int, int], apart: int
) -> None:
    path = write(tmp_path / name, image, 0.25)
    scan = read_scan(path)
    assert is_slide(path)
    assert (scan.top, scan.left) == corner
    assert (scan.height, scan.width) == image.shape[:2]
    assert scan_mpp(path, None, None) == (0.25, "")
    quarter = slide_levels(path).index(4)
    assert np.allclose(scan.read(0, 0, 768, 512), image, rtol=0, atol=apart)
    small = scan.read(256, 128, 64, 64, level=quarter)
    assert np.allclose(small, image[::4, ::4][32:96, 64:128], rtol=0, atol=apart)
    tissue = find_tissue(scan, 0.25, slide_levels(path))
    assert tissue.area_mm2(EVERYWHERE, EVERYWHERE) == pytest.approx(256 * 320 * 0.25**2 / 1e6, rel=0.1)
    assert not tissue.area_mm2((0, 128), EVERYWHERE)
    if corner != (0, 0):
        assert read_region(path, x=0, y=0, width=64, height=64).min() == 255, "the canvas before it"


def test_the_levels_of_a_dicom_slide_are_one_slide(image: np.ndarray, tmp_path: Path) -> None:
    first, second = write_dicom(tmp_path / "a", image), write_dicom(tmp_path / "b", image, number=2)
    assert distinct([*first, *second]) == [first[0], second[0]]
    assert read_scan(first[1]).width == 768, "whichever of its files is given"


def test_a_mrxs_file_without_its_folder_says_what_is_missing(image: np.ndarray, tmp_path: Path) -> None:
    path = write_mrxs(tmp_path / "a.mrxs", image)
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(InputError, match=r"a\.mrxs: its pixels are in the folder a, which is not beside it; copy it"):
        read_scan(path)


@pytest.mark.parametrize("file", ["Index.dat", "Data0000.dat"])
def test_a_mrxs_slide_that_is_cut_off_is_named(image: np.ndarray, tmp_path: Path, file: str) -> None:
    path = write_mrxs(tmp_path / "a.mrxs", image)
    cut = tmp_path / "a" / file
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with pytest.raises(InputError, match=r"a\.mrxs: not a slide that OpenSlide reads, or damaged \(.*copy it again"):
        read_scan(path)


def test_a_scn_slide_that_is_cut_off_or_without_a_resolution_is_named(image: np.ndarray, tmp_path: Path) -> None:
    path = write_scn(tmp_path / "a.scn", image)
    (tmp_path / "cut.scn").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"cut\.scn: not a slide that OpenSlide reads, or damaged"):
        read_scan(tmp_path / "cut.scn")
    unit = (296).to_bytes(2, "little") + (3).to_bytes(2, "little") + (1).to_bytes(8, "little")  # tag, kind, count
    content = path.read_bytes()
    assert content.count(unit + b"\3") == 2, "centimetres, in both levels"
    path.write_bytes(content.replace(unit + b"\3", unit + b"\1"))
    with pytest.raises(InputError, match=r"a\.scn: the slide does not give its µm per pixel; type mpp="):
        scan_mpp(path, None, None)


def test_dicom_files_that_are_no_whole_slide_or_cut_off_are_named(image: np.ndarray, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a", image)[0]
    content = path.read_bytes()
    (tmp_path / "text.dcm").write_text("no DICOM")
    (tmp_path / "other.dcm").write_bytes(content.replace(b"VOLUME", b"LOCALI"))  # of another kind of image
    for name in ("text.dcm", "other.dcm"):
        with pytest.raises(InputError, match=f"{name}: not a slide that OpenSlide reads, or damaged"):
            read_scan(tmp_path / name)
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "cut.dcm").write_bytes(content[: len(content) // 2])  # within the pixels: three tiles of six are there
    pixels, lost = read_scan(tmp_path / "cut.dcm").read_whole(0, 0, 768, 512)
    assert lost == [(0, 0), (512, 0)]
    assert (pixels == 255).all()
