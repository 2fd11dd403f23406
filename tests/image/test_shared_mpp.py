"""The one resolution of several images, and what is told about them."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from mitosis.errors import InputError
from mitosis.image.shared_mpp import shared_mpp


def tiffs(folder: Path, *mpps: float) -> list[Path]:
    paths = [folder / f"{number}.tif" for number in range(len(mpps))]
    for path, mpp in zip(paths, mpps, strict=True):
        pixels = np.zeros((4, 5, 3), np.uint8)
        per_cm = (10_000 / mpp, 10_000 / mpp)
        tifffile.imwrite(path, pixels, photometric="rgb", resolution=per_cm, resolutionunit="CENTIMETER")
    return paths


def test_images_that_agree_or_cannot_be_read_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    Image.new("RGB", (3, 2)).save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = [*tiffs(tmp_path, 0.25), tmp_path / "broken.tif", tmp_path / "a.png"]
        assert shared_mpp(paths, 0.25, None) == 0.25


def test_what_was_typed_or_what_the_files_say(tmp_path: Path) -> None:
    paths = tiffs(tmp_path, 0.3, 0.3)
    with pytest.warns(
        UserWarning, match=r"2 of 2 images differ in .*0\.tif: 0\.25 typed and 0\.3 by its tag.*; 0\.25 is"
    ):
        assert shared_mpp(paths, 0.25, None) == 0.25
    with pytest.warns(UserWarning, match=r"0\.3 is used"):
        assert shared_mpp(paths, 0.25, "file") == pytest.approx(0.3)
    with pytest.raises(InputError, match=r"0\.tif: 0\.6 typed and 0\.3 by its tag µm per pixel contradict"):
        shared_mpp(paths, 0.6, None)
    with (
        pytest.warns(UserWarning, match="differ"),
        pytest.raises(InputError, match=r"mpp_from=file: .*0\.tif has 0\.25 .*1\.tif 0\.3; run"),
    ):
        shared_mpp(tiffs(tmp_path, 0.25, 0.3), 0.25, "file")


def test_turned_images_and_pages_are_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 10)).save(tmp_path / "a.jpg", exif=exif)
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((2, 4, 5, 3), np.uint8), photometric="rgb")
    with pytest.warns(UserWarning, match="images") as caught:
        shared_mpp([tmp_path / "a.jpg", tmp_path / "b.tif"], 0.25, None)
    assert [str(one.message).partition(" images ")[::2] for one in caught] == [
        ("1 of 2", f"are turned as their EXIF orientation says and viewers show them: {tmp_path / 'a.jpg'}"),
        ("1 of 2", f"have several pages, of which the first is read: {tmp_path / 'b.tif'}"),
    ]
