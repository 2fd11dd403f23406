"""Slides and images that are damaged, blank, unusual or too large, and a full disk: the rest is kept."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from drawn_slides import RED, SQUARES, drawn
from PIL import Image
from squares import HEADER, rows

from mitosis.cascade import slide_prediction
from mitosis.cascade.tile_record import TileRecord
from mitosis.errors import InputError
from mitosis.image import scan as scans
from mitosis.image.scan import Scan

FULL, BLANK = Path("/dev/full"), 27_000


def test_a_damaged_place_is_named_and_the_rest_is_kept(slide_runs, cli, tmp_path, write_slide, tiles_seen, monkeypatch):
    out = tmp_path / "out"
    write_slide(tmp_path / "a.svs", drawn(*SQUARES, (470, 420, RED), size=(448, 512)))
    write_slide(tmp_path / "b.svs", drawn(SQUARES[0]))
    given = ["predict", "input=*.svs", f"output={out}", *slide_runs]
    monkeypatch.setattr(scans, "SQUARE", 128)
    monkeypatch.setattr(slide_prediction, "SQUARE", 128)
    read = Scan.read

    def damaged(self, x, y, width, height, level=0):
        if self.path.name == "a.svs" and not level and x <= 511 < x + width and y <= 447 < y + height:
            raise InputError("damaged")
        return read(self, x, y, width, height, level)

    with monkeypatch.context() as patch:
        patch.setattr(Scan, "read", damaged)
        ended = cli(*given)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "1 of 2 slides were left out" in ended.err
    assert "a.svs: a square of 128 x 128 pixels at x=384, y=384, cannot be read; the rest is in the tables" in ended.err
    assert {row["image"] for row in rows(out / "detections.csv")} == {"a.svs", "b.svs"}
    assert len(rows(out / "candidates.csv")) == 5
    told = json.loads((out / "slides.json").read_text())
    assert told["a.svs"]["unreadable"] == [[384, 384]]
    assert tiles_seen.count((0, 0)) == 2  # once for each slide
    first = len(tiles_seen)
    tiles_seen.clear()
    assert cli(*given).code == 0
    assert (0, 0) not in tiles_seen, "only the tiles that reach the damage are read again"
    assert 0 < len(tiles_seen) < first / 2, (tiles_seen, first)
    assert len(rows(out / "candidates.csv")) == 6
    now = json.loads((out / "slides.json").read_text())
    assert now["a.svs"]["tissue_mm2"] > told["a.svs"]["tissue_mm2"]


@pytest.mark.parametrize("colour", [245, 255, 0])
def test_a_slide_without_tissue_is_done_without_a_tile(slide_runs, cli, tmp_path, write_slide, tiles_seen, colour):
    slide = write_slide(tmp_path / "a.svs", np.full((3000, 3000, 3), colour, np.uint8), levels=(1, 16))
    ended = cli("predict", f"input={slide}", "output=out", *slide_runs)
    assert (ended.code, tiles_seen) == (0, []), ended.err
    assert "no tissue found" in ended.out
    assert (tmp_path / "out" / "detections.csv").read_text() == HEADER
    assert json.loads((tmp_path / "out" / "slides.json").read_text())["a.svs"]["tissue_mm2"] == 0


def test_a_slide_without_tissue_needs_no_network(cli, tmp_path, write_slide, monkeypatch):
    """Building those of the package takes longer than all the rest."""
    built = []
    monkeypatch.setattr("mitosis.run.trained.rebuilt", lambda *_: built.append(True))
    slide = write_slide(tmp_path / "a.svs", np.full((3000, 3000, 3), 245, np.uint8), levels=(1, 16))
    ended = cli("predict", f"input={slide}", "output=out")
    assert (ended.code, built) == (0, []), ended.err
    assert "0 mitoses among 0 candidates in 1 of 1 slides" in ended.out


def test_a_folder_of_slides_images_and_rubbish(slide_runs, cli, tmp_path, write_slide):
    folder = tmp_path / "in"
    folder.mkdir()
    good = write_slide(folder / "good.svs", drawn(*SQUARES))
    write_slide(folder / "pyramid.tif", drawn(SQUARES[0]))
    (folder / "cut.svs").write_bytes(good.read_bytes()[:-3000])
    (folder / "zero.ndpi").touch()
    (folder / "text.svs").write_text("no slide")
    (folder / "text.dcm").write_text("no slide")
    (folder / "alone.mrxs").write_bytes(b"its folder is missing")
    write_slide(folder / "coarse.svs", drawn(SQUARES[0]), mpp=4)
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "._good.svs").write_bytes(b"\0")
    (folder / "._x.tif").write_bytes(b"\0")
    (folder / "notes.txt").write_text("mine")
    Image.fromarray(drawn(SQUARES[0])).save(folder / "field.png")
    ended = cli("predict", f"input={folder}", "output=out", "mpp=0.25", *slide_runs)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    assert "6 of 9 images and slides were left out" in ended.err
    for name, words in (
        ("cut.svs", "damaged"),
        ("zero.ndpi", "the file is empty"),
        ("text.svs", "not a slide that OpenSlide reads"),
        ("text.dcm", "not a slide that OpenSlide reads"),
        ("alone.mrxs", "its pixels are in the folder alone, which is not beside it"),
        ("coarse.svs", "contradict each other"),
    ):
        (line,) = [part for part in ended.err.split("; ") if f"{name}:" in part]
        assert words in line, line
    assert "._" not in ended.err
    table = rows(tmp_path / "out" / "detections.csv")
    assert [row["image"] for row in table] == ["field.png", *["good.svs"] * 3, "pyramid.tif"]
    assert not list((tmp_path / "out").rglob("*.part"))


def test_images_of_unusual_pixels_and_sizes(slide_runs, cli, tmp_path):
    folder, image = tmp_path / "in", drawn(SQUARES[0], size=(150, 150))
    folder.mkdir()
    grey, alpha = image.mean(axis=2), np.dstack([image, np.full((150, 150), 255, np.uint8)])
    Image.fromarray(image[:1, :1]).save(folder / "one.png")
    Image.fromarray((grey * 257).astype(np.uint16)).save(folder / "16.png")
    Image.fromarray(grey.astype(np.float32)).save(folder / "float.tif")
    Image.fromarray(grey.astype(np.uint8)).save(folder / "grey.png")
    Image.fromarray(image).convert("CMYK").save(folder / "cmyk.tif")
    Image.fromarray(alpha).save(folder / "alpha.png")
    tifffile.imwrite(folder / "planar.tif", np.moveaxis(image, -1, 0), photometric="rgb", planarconfig="separate")
    tifffile.imwrite(folder / "strips.tif", image, photometric="rgb", rowsperstrip=7, compression="zlib")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    Image.fromarray(np.rot90(image)).save(folder / "turned.png", exif=exif)
    for name, size in (("long", (10, 100_000)), ("tall", (100_000, 10))):
        Image.fromarray(np.full((*size, 3), 255, np.uint8)).save(folder / f"{name}.png")
    for name, colour in (("white", 255), ("black", 0)):
        Image.fromarray(np.full((90, 90, 3), colour, np.uint8)).save(folder / f"{name}.png")
    with pytest.warns(UserWarning, match="1 of 13 images are turned"):
        ended = cli("predict", f"input={folder}", "output=out", "mpp=0.25", "overlay=false", *slide_runs)
    assert ended.code == 1
    assert ended.err.startswith("mitosis: 1 of 13 images were left out: ")
    assert "float.tif: its pixels are floats (32-bit), which are not read; save it as RGB" in ended.err
    table = rows(tmp_path / "out" / "candidates.csv")
    assert {(row["x"], row["y"]) for row in table if row["image"] != "black.png"} == {("105.50", "105.50")}
    found = {row["image"]: row["class"] for row in table}
    assert found.pop("black.png") == "non-mitotic figure"
    assert {name: kind.startswith("mit") for name, kind in found.items()} == {
        "16.png": False,
        "alpha.png": True,
        "cmyk.tif": True,
        "grey.png": False,
        "planar.tif": True,
        "strips.tif": True,
        "turned.png": True,
    }


def blank(path: Path, **given: object) -> Path:
    """A white TIFF of 27,000 × 27,000 pixels, 10 MB: each tile or strip is the same bytes."""
    height, width = given.get("tile", (given.get("rowsperstrip"), BLANK))
    part = zlib.compress(np.full((height, width, 3), 255, np.uint8).tobytes(), 1)
    parts = iter([part] * (-(-BLANK // height) * -(-BLANK // width)))
    form = {"shape": (BLANK, BLANK, 3), "dtype": "uint8", "photometric": "rgb", "compression": "zlib"}
    tifffile.imwrite(path, parts, **form, **given)
    return path


def test_a_blank_tiff_too_large_for_an_image_does_not_stop_the_others(slide_runs, cli, tmp_path):
    (tmp_path / "in").mkdir()
    blank(tmp_path / "in" / "blank.tif", rowsperstrip=100)
    Image.fromarray(drawn(SQUARES[0])).save(tmp_path / "in" / "field.png")
    ended = cli("predict", "input=in", "output=out", "mpp=0.25", *slide_runs)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "1 of 2 images were left out: " in ended.err
    assert "blank.tif: 27000 x 27000 pixels, more than 20000 x 20000; cut it into fields" in ended.err
    assert [row["image"] for row in rows(tmp_path / "out" / "detections.csv")] == ["field.png"]


@pytest.mark.slow
def test_a_blank_tiff_in_tiles_is_a_slide_without_tissue(slide_runs, cli, tmp_path, tiles_seen):
    slide = blank(tmp_path / "blank.tif", tile=(512, 512))
    ended = cli("predict", f"input={slide}", "output=out", "mpp=0.25", *slide_runs)
    assert (ended.code, tiles_seen) == (0, []), ended.err
    assert "no tissue found" in ended.out
    assert (tmp_path / "out" / "detections.csv").read_text() == HEADER


@pytest.mark.skipif(not FULL.exists(), reason="no full disk on this system")
def test_a_full_disk_is_one_line_and_the_tiles_before_it_are_kept(
    slide_runs, cli, tmp_path, write_slide, tiles_seen, monkeypatch
):
    """Whatever is written to ``/dev/full`` meets a full disk."""
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES))
    given = ["predict", f"input={slide}", "output=out", *slide_runs]
    add = TileRecord.add

    def add_until_full(self, tile):
        if len(self.tiles) == 2:
            self._file.close()
            self._file = FULL.open("a", encoding="utf-8")
        add(self, tile)

    with monkeypatch.context() as patch:
        patch.setattr(TileRecord, "add", add_until_full)
        ended = cli(*given)
    record = tmp_path / "out" / "unfinished" / "a.svs.jsonl"
    assert (ended.code, ended.err) == (1, "mitosis: out/unfinished/a.svs.jsonl: No space left on device\n")
    assert len(record.read_text().splitlines()) == 3  # what they depend on, and two tiles
    assert not list(tmp_path.rglob("*.part"))
    before = tiles_seen[:2]
    tiles_seen.clear()
    assert cli(*given).code == 0
    assert tiles_seen
    assert not set(before) & set(tiles_seen)
    assert len(rows(tmp_path / "out" / "detections.csv")) == 3


def test_user_errors_are_one_line_and_nothing_is_written(slide_runs, cli, tmp_path, write_slide):
    slide = write_slide(tmp_path / "a.svs", drawn())
    Image.fromarray(drawn()).save(tmp_path / "a.png")
    for given, words in (
        (["input=a.png"], "1 of 1 images do not state their resolution, such as a.png; type mpp= with µm per pixel"),
        ([f"input={slide}", "mpp=0"], "mpp=0: µm per pixel lie between 0.05 and 2"),
        ([f"input={slide}", "mpp=40"], "mpp=40: µm per pixel lie between 0.05 and 2"),
        ([f"input={slide}", "mpp=0.5"], "contradict each other; type mpp_from=typed or mpp_from=file"),
        ([f"input={slide}", "mpp_from=me"], "mpp_from=me: choose typed"),
        ([f"input={slide}", "mpp_from=typed"], "no resolution was typed; type mpp= as well"),
        ([f"input={slide}", "adapt=true"], "only images are adapted to"),
        ([f"input={slide}", "heatmaps=true"], "only pages of images show heat maps"),
    ):
        ended = cli("predict", *given, "output=out", *slide_runs)
        assert ended.code == 1, given
        assert words in ended.err
        assert ended.err.count("\n") == 1
        assert not (tmp_path / "out" / "slides.json").exists()
        assert not (tmp_path / "out" / "unfinished").exists()
