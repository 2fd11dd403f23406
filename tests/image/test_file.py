"""Image files of every kind: their pixels as viewers show them, or one line that says what is wrong."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from mitosis.errors import InputError
from mitosis.image import opening as images
from mitosis.image.file import image_size, read_image, read_mask
from mitosis.image.remarks import remarks

FILES = {
    "a.bmp": {},
    "a.png": {},
    "a.jpg": {"quality": 95},
    "a.tif": {},
    "deflate.tiff": {"compression": "tiff_adobe_deflate"},
    "lzw.tif": {"compression": "tiff_lzw"},
    "jpeg.tif": {"compression": "jpeg"},
}


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


def test_alpha_palette_and_grey(tmp_path):
    rgba = Image.fromarray(np.array([[[10, 20, 30, 0], [40, 50, 60, 51], [40, 50, 60, 255]]], np.uint8))
    palette = Image.new("P", (2, 1), 1)
    palette.putpalette([0, 0, 0, 200, 100, 50])
    palette.putpixel((0, 0), 0)
    black = Image.new("RGB", (2, 1))
    black.putpixel((1, 0), (9, 8, 7))
    white = [255, 255, 255]
    for name, image, options, expected in (
        ("rgba", rgba, {}, [white, [212, 214, 216], [40, 50, 60]]),  # a fifth of it over white
        ("palette", palette, {"transparency": bytes([0, 255])}, [white, [200, 100, 50]]),
        ("colour", black, {"transparency": (0, 0, 0)}, [white, [9, 8, 7]]),
    ):
        image.save(tmp_path / f"{name}.png", **options)
        assert read_image(tmp_path / f"{name}.png").tolist() == [expected]
    rgba.save(tmp_path / "rgba.tif")
    assert read_image(tmp_path / "rgba.tif").tolist()[0][0] == white
    for mode, value in {"1": 1, "L": 255, "LA": (255, 7)}.items():
        Image.new(mode, (1, 1), value).save(tmp_path / f"{mode}.png")
        assert read_image(tmp_path / f"{mode}.png").tolist() == [[[255, 255, 255]]]
    Image.new("CMYK", (3, 2)).save(tmp_path / "cmyk.jpg")
    assert read_image(tmp_path / "cmyk.jpg").shape == (2, 3, 3)


@pytest.mark.parametrize(
    ("pixels", "kind"),
    [
        (np.full((4, 4, 3), 0.5, np.float32), r"a TIFF of 3 x 32 bits of floats a pixel.* is not read"),
        (np.full((4, 4, 3), 9, np.uint32), r"a TIFF of 3 x 32 bits a pixel.* is not read"),
        (np.full((4, 4), 20000, np.int16), "its pixels are 16-bit signed numbers"),
        (np.full((4, 4), 60000, np.uint32), "32-bit pixels are not read"),
    ],
)
def test_kinds_of_pixels_that_are_not_read_are_named(tmp_path, pixels, kind):
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb" if pixels.ndim == 3 else "minisblack")
    with pytest.raises(InputError, match=rf"a\.tif: (?!.*damaged){kind}.*; save it as RGB with 8 bits"):
        read_image(tmp_path / "a.tif")


def test_an_order_of_channels_that_is_not_read_is_named(tmp_path):
    planes = np.zeros((3, 4, 4), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="minisblack", planarconfig="separate")
    with pytest.raises(InputError, match=r"a\.tif: a TIFF of 3 x 16 bits a pixel, compression 1, is not read; save it"):
        read_image(tmp_path / "a.tif")


def test_an_image_without_a_visible_pixel_is_refused(tmp_path):
    Image.new("RGBA", (3, 2), (200, 150, 180, 0)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png: all of its pixels are transparent"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_images_and_masks_are_turned_as_viewers_show_them(tmp_path, suffix, turn):
    blocks = np.zeros((2, 3, 3), np.uint8)
    blocks[0, 0], blocks[0, 2] = (250, 0, 0), (0, 250, 0)  # red at the upper left, green at the upper right
    stored = np.repeat(np.repeat(blocks, 16, axis=0), 16, axis=1)
    exif = Image.Exif()
    exif[0x0112] = turn
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(stored).save(path, exif=exif, **({"quality": 95, "subsampling": 0} if suffix == "jpg" else {}))
    image = read_image(path)
    red, green = (tuple(np.argwhere(image[8::16, 8::16, channel] > 150)[0]) for channel in (0, 1))
    corners = {1: "00 02", 2: "02 00", 3: "12 10", 4: "10 12", 5: "00 20", 6: "01 21", 7: "21 01", 8: "20 00"}
    assert f"{red[0]}{red[1]} {green[0]}{green[1]}" == corners[turn]
    assert image_size(path) == image.shape[:2] == ((48, 32) if turn > 4 else (32, 48))
    if suffix != "jpg":
        assert (read_mask(path) != 0).tolist() == image.any(axis=2).tolist()


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
@pytest.mark.parametrize("mode", ["L", "I;16", "CMYK"])
def test_uncompressed_tiffs_that_could_be_mapped_into_memory_are_turned(tmp_path, mode, turn):
    grey = np.full((2, 3), 255, np.uint8)
    grey[0, 0] = 0  # black at the upper left
    image = Image.fromarray(grey if mode != "I;16" else grey.astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = turn
    (image.convert(mode) if mode == "CMYK" else image).save(tmp_path / "a.tif", exif=exif)
    pixels = read_image(tmp_path / "a.tif")
    corner = {1: (0, 0), 3: (1, 2), 6: (0, 1), 8: (2, 0)}[turn]
    assert np.argwhere(pixels.max(axis=2) == 0).tolist() == [list(corner)]
    assert image_size(tmp_path / "a.tif") == pixels.shape[:2] == ((3, 2) if turn > 4 else (2, 3))


def test_the_orientation_of_a_png_may_stand_behind_its_pixels(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 10), "pink").save(tmp_path / "a.png", exif=exif)
    content = (tmp_path / "a.png").read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    tail = content.index(b"IEND") - 4
    (tmp_path / "a.png").write_bytes(content[:start] + content[end:tail] + content[start:end] + content[tail:])
    assert image_size(tmp_path / "a.png") == read_image(tmp_path / "a.png").shape[:2] == (30, 10)


def test_transparent_pixels_are_not_of_a_mask(tmp_path):
    pixels = np.full((1, 3, 4), 255, np.uint8)
    pixels[0, 0, 3], pixels[0, 1, :3] = 0, 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png").tolist() == [[0, 0, 0xFFFFFF]]


def test_a_first_page_that_is_smaller_than_another_is_refused(tmp_path, noise):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(noise[:8, :9], photometric="rgb")
        file.write(noise, photometric="rgb")
    for read in (read_image, image_size):
        with pytest.raises(InputError, match=r"a\.tif: its first page, 9 x 8 pixels, is smaller than page 2, 51 x 37"):
            read(tmp_path / "a.tif")
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(noise, photometric="rgb")
        file.write(noise[:8, :9], photometric="rgb")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), noise)
    assert remarks(tmp_path / "a.tif") == ["have several pages, of which the first is read"]


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


def test_masks_are_read_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(np.array([[0, 1], [65535, 0]], np.uint16)).save(path)
    assert read_mask(path).tolist() == [[0, 1], [65535, 0]]
    Image.new("L", (2, 1)).save(path)
    assert not read_mask(path).any()
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"a\.tif"):
        read_mask(path)
