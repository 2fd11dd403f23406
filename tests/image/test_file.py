import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from mitosis.errors import InputError
from mitosis.image import file as images
from mitosis.image.file import image_size, read_image, read_mask, tiff_mpp

FILES = {
    "a.bmp": {},
    "a.png": {},
    "a.jpg": {"quality": 95},
    "a.tif": {},
    "deflate.tiff": {"compression": "tiff_adobe_deflate"},
    "lzw.tif": {"compression": "tiff_lzw"},
    "jpeg.tif": {"compression": "jpeg"},
}


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (37, 51, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", FILES)
def test_pixels_and_size(tmp_path, noise, name):
    smooth = np.repeat(np.repeat(noise[:5, :7], 8, axis=0), 8, axis=1)
    Image.fromarray(smooth).save(tmp_path / name, **FILES[name])
    image = read_image(tmp_path / name)
    assert image.shape == (40, 56, 3)
    assert image.dtype == np.uint8
    assert image.flags.writeable
    assert image_size(tmp_path / name) == (40, 56)
    if "j" in name:
        assert np.abs(image.astype(int) - smooth).mean() < 12
    else:
        np.testing.assert_array_equal(image, smooth)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(tmp_path, noise, name, share, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as other libraries may set it
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, Image.registered_extensions()["." + name.split(".")[1]], **FILES[name])
    (tmp_path / name).write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * share)])
    with pytest.raises(InputError, match=name):
        read_image(tmp_path / name)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


@pytest.mark.parametrize("read", [read_image, image_size])
def test_files_that_are_not_images_are_refused(tmp_path, read):
    (tmp_path / "zero.png").touch()
    (tmp_path / "text.png").write_text("x,y\n1,2\n")
    (tmp_path / "folder.png").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "gif.png", "GIF")
    for name, problem in {
        "zero": "empty",
        "text": "not a",
        "folder": "no such",
        "gif": "not a",
        "gone": "no such",
    }.items():
        with pytest.raises(InputError, match=f"{name}.png: .*{problem}") as caught:
            read(tmp_path / f"{name}.png")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_by_hand(tmp_path, suffix):
    Image.fromarray(np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)).save(tmp_path / f"grey.{suffix}")
    expected = np.array([0, 0, 1, 1, 128, 255])
    np.testing.assert_array_equal(read_image(tmp_path / f"grey.{suffix}")[0], np.stack([expected] * 3, axis=1))


def test_alpha_palette_and_grey(tmp_path):
    rgba = Image.fromarray(np.array([[[10, 20, 30, 0], [40, 50, 60, 128]]], np.uint8))
    rgba.save(tmp_path / "rgba.png")
    assert read_image(tmp_path / "rgba.png").tolist() == [[[10, 20, 30], [40, 50, 60]]]
    palette = Image.new("P", (2, 1), 1)
    palette.putpalette([0, 0, 0, 200, 100, 50])
    palette.save(tmp_path / "palette.png", transparency=bytes([0, 0]))
    assert read_image(tmp_path / "palette.png").tolist() == [[[200, 100, 50]] * 2]
    for mode, value in {"1": 1, "L": 255, "LA": (255, 7)}.items():
        Image.new(mode, (1, 1), value).save(tmp_path / f"{mode}.png")
        assert read_image(tmp_path / f"{mode}.png").tolist() == [[[255, 255, 255]]]
    Image.new("CMYK", (3, 2)).save(tmp_path / "cmyk.jpg")
    assert read_image(tmp_path / "cmyk.jpg").shape == (2, 3, 3)


@pytest.mark.parametrize("pixels", [np.full((2, 2), 0.5, np.float32), np.full((2, 2), 70000, np.int32)])
def test_32_bit_pixels_are_refused(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / "deep.tif")
    with pytest.raises(InputError, match=r"deep\.tif.*32-bit"):
        read_image(tmp_path / "deep.tif")


def test_exif_rotation_is_ignored(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 10)).save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg").shape == (10, 30, 3)
    assert image_size(tmp_path / "turned.jpg") == (10, 30)


def test_the_size_limit_is_independent_of_pillows(tmp_path, monkeypatch):
    Image.new("RGB", (30, 10)).save(tmp_path / "big.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow itself raises from twice this size on
    assert read_image(tmp_path / "big.png").shape == (10, 30, 3)
    monkeypatch.setattr(images, "MAX_PIXELS", 299)
    for read in (read_image, image_size):
        with pytest.raises(InputError, match=r"big\.png: 30 x 10"):
            read(tmp_path / "big.png")
    assert Image.MAX_IMAGE_PIXELS == 10


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_damaged_file_gives_pixels_or_an_error_in_one_line(tmp_path, monkeypatch, noise, name, data):
    monkeypatch.setattr(images, "MAX_PIXELS", 1_000_000)  # a damaged header may claim gigabytes
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, Image.registered_extensions()["." + name.split(".")[1]], **FILES[name])
    damaged = bytearray(buffer.getvalue())
    for place in data.draw(st.lists(st.integers(0, min(len(damaged), 400) - 1), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(damaged)
    try:
        image = read_image(tmp_path / name)
    except InputError as error:
        right = name in str(error)
    else:
        right = (image.ndim, image.shape[-1], image.dtype) == (3, 3, np.uint8)
    assert right


def test_resolution_and_mask_are_read_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(np.array([[0, 1], [65535, 0]], np.uint16)).save(path, dpi=(101600, 50800))
    assert tiff_mpp(path) == pytest.approx((0.25 + 0.5) / 2)
    assert read_mask(path).tolist() == [[False, True], [True, False]]
    Image.new("L", (2, 1)).save(path)
    assert tiff_mpp(path) is None
    assert not read_mask(path).any()
    Image.new("L", (2, 1)).save(tmp_path / "a.png", dpi=(101600, 101600))
    assert tiff_mpp(tmp_path / "a.png") is None
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"a\.tif"):
        read_mask(path)
