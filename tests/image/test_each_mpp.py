"""The resolution of each image: as typed, or as its own file says."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from refused import refused

from mitosis.image.each_mpp import each_mpp


def tiff(path: Path, mpp: float, mpp_y: float | None = None) -> Path:
    per_cm = (10_000 / mpp, 10_000 / (mpp_y or mpp))
    pixels = np.zeros((4, 5, 3), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", resolution=per_cm, resolutionunit="CENTIMETER")
    return path


def test_each_file_has_its_own(tmp_path: Path) -> None:
    a, b = tiff(tmp_path / "a.tif", 0.25), tiff(tmp_path / "b.tif", 0.5)
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    for source in (None, "file"):
        assert each_mpp([a, tmp_path / "broken.tif", b], None, source) == pytest.approx({a: 0.25, b: 0.5})


def test_what_is_typed_is_for_all(tmp_path: Path) -> None:
    a, broken = tiff(tmp_path / "a.tif", 0.25), tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0")
    assert each_mpp([a, broken], 0.25, None) == {a: 0.25, broken: 0.25}
    with pytest.warns(UserWarning, match=r"0\.3 typed and 0\.25 by its tag"):
        assert each_mpp([a], 0.3, None) == {a: 0.3}


def test_a_file_that_says_nothing_is_named(tmp_path: Path) -> None:
    a, b = tiff(tmp_path / "a.tif", 0.25), tmp_path / "b.png"
    Image.new("RGB", (3, 2)).save(b)
    screen = tiff(tmp_path / "screen.tif", 350)  # 72 dpi
    told = refused(lambda: each_mpp([a, b, screen], None, None))
    assert told.startswith(f"2 of 3 images do not state their resolution, such as {b}; type mpp= with µm per pixel")
    assert "mpp_from=typed: no resolution was typed" in refused(lambda: each_mpp([a], None, "typed"))
    assert "choose typed" in refused(lambda: each_mpp([a], None, "guess"))


def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    a = tiff(tmp_path / "a.tif", 0.25, 0.5)
    assert "contradict each other; type mpp= with the right one" in refused(lambda: each_mpp([a], None, None))


def test_turned_images_are_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (30, 10))
    image.save(tmp_path / "a.tif", exif=exif, tiffinfo={282: 40_000.0, 283: 40_000.0, 296: 3, 274: 6})
    with pytest.warns(UserWarning, match="1 of 1 images are turned"):
        assert each_mpp([tmp_path / "a.tif"], None, None) == pytest.approx({tmp_path / "a.tif": 0.25})
