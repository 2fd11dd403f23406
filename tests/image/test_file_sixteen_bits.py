"""Images of sixteen bits and more a channel."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from mitosis.errors import InputError
from mitosis.image.file import read_image, read_mask


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_by_hand(tmp_path, suffix):
    Image.fromarray(np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)).save(tmp_path / f"grey.{suffix}")
    expected = np.array([0, 0, 1, 1, 128, 255])
    np.testing.assert_array_equal(read_image(tmp_path / f"grey.{suffix}")[0], np.stack([expected] * 3, axis=1))


@pytest.mark.parametrize("pixels", [np.full((2, 2), 0.5, np.float32), np.full((2, 2), 70000, np.int32)])
def test_32_bit_pixels_are_refused(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / "deep.tif")
    with pytest.raises(InputError, match=r"deep\.tif: (?!.*damaged).*32-bit.*; save it as RGB with 8 bits"):
        read_image(tmp_path / "deep.tif")


@pytest.mark.parametrize("options", [{}, {"tile": (16, 32)}, {"compression": "zlib"}, {"rowsperstrip": 5}])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_in_planes(tmp_path, noise, options, order):
    planes = np.moveaxis(noise, -1, 0).astype(np.uint16) * 257
    form = {"photometric": "rgb", "planarconfig": "separate", "byteorder": order}
    tifffile.imwrite(tmp_path / "a.tif", planes, **form, **options)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), noise)


@pytest.mark.parametrize("brightest", [1023, 4095, 16383])
@pytest.mark.parametrize("kind", ["grey", "RGB", "planes"])
def test_fewer_bits_kept_in_sixteen_are_refused(tmp_path, noise, brightest, kind):
    pixels = (noise.astype(np.uint32) * brightest // 255).astype(np.uint16)
    pixels = {"grey": pixels[..., 0], "RGB": pixels, "planes": np.moveaxis(pixels, -1, 0)}[kind]
    form = (
        {} if kind == "grey" else {"photometric": "rgb", "planarconfig": "separate" if kind == "planes" else "contig"}
    )
    tifffile.imwrite(tmp_path / "a.tif", pixels, **form)
    with pytest.raises(InputError, match=r"a\.tif: none of its 16-bit pixels is above \d+, as with 12 bits kept in 16"):
        read_image(tmp_path / "a.tif")


def test_white_is_zero_in_sixteen_bits(tmp_path):
    grey = np.array([[0, 65535]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="miniswhite")
    assert read_image(tmp_path / "a.tif").tolist() == [[[255] * 3, [0] * 3]]


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_planes_of_sixteen_bits_have_transparent_pixels_too(tmp_path, kind):
    channels = np.array([[[0, 0, 0, 0], [140, 50, 60, 255]]], np.uint16) * 257
    planes = np.moveaxis(channels, -1, 0).copy()
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate", extrasamples=[kind])
    assert read_image(tmp_path / "a.tif").tolist() == [[[255, 255, 255], [140, 50, 60]]]
    assert (read_mask(tmp_path / "a.tif") != 0).tolist() == [[False, True]]


def test_planes_of_sixteen_bits_are_a_mask(tmp_path):
    planes = np.array([[[0, 1, 0]], [[0, 0, 0]], [[0, 0, 300]]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    assert (read_mask(tmp_path / "a.tif") != 0).tolist() == [[False, True, True]]


def test_a_transparent_value_of_sixteen_bits_is_white(tmp_path):
    deep_png(tmp_path / "a.png", np.array([[[771], [51400]]]), 0)
    content = (tmp_path / "a.png").read_bytes()
    clear = b"tRNS" + struct.pack(">H", 771)
    chunk = struct.pack(">I", 2) + clear + struct.pack(">I", zlib.crc32(clear))
    (tmp_path / "a.png").write_bytes(content[:33] + chunk + content[33:])  # behind the header
    assert read_image(tmp_path / "a.png").tolist() == [[[255] * 3, [200] * 3]]


def deep_png(path: Path, pixels: np.ndarray, colour: int) -> Path:
    """A PNG of 16 bits a channel, which Pillow cannot write; ``colour``: 0 grey, 2 RGB, 4 grey with alpha."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(">u2"))
    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


@pytest.mark.parametrize("colour", [2, 4])
def test_an_opaque_alpha_channel_does_not_hide_that_only_some_bits_are_used(
    tmp_path: Path, noise: np.ndarray, colour: int
) -> None:
    channels = noise.astype(np.uint16)[..., : 3 if colour == 2 else 1]
    alpha = [np.full((37, 51, 1), 65535, np.uint16)] if colour == 4 else []
    whole = read_image(deep_png(tmp_path / "a.png", np.dstack([channels * 257, *alpha]), colour))
    np.testing.assert_array_equal(whole[..., 0], noise[..., 0])
    for factor, highest in ((16, 4095), (1, 255)):
        path = deep_png(tmp_path / "b.png", np.dstack([channels * factor, *alpha]), colour)
        with pytest.raises(InputError, match=rf"b\.png: none of its 16-bit pixels is above {highest}, as with 12 bits"):
            read_image(path)
