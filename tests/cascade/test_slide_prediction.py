"""Whole slides by the command: networks that measure darkness and redness, on slides with coloured squares."""

import csv
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from miniature.scanners import CORNER, write_dicom, write_mrxs, write_ndpi, write_scn
from PIL import Image
from two_stages import SteepDarkness, write_runs

from mitosis.cascade import slide_prediction, slide_tiles
from mitosis.cascade.slide_tiles import SlideTiles
from mitosis.cascade.tile_record import TileRecord
from mitosis.errors import InputError
from mitosis.image import scan as scans
from mitosis.image import slide as reading
from mitosis.image.scan import Scan

RED, GREY, PINK = (90, 20, 20), (40, 40, 40), (215, 170, 205)
SQUARES = ((100, 100, RED), (300, 50, GREY), (250, 260, RED), (420, 300, RED))
FULL, BLANK = Path("/dev/full"), 27_000
HEADER = "image,x,y,score,class,area_um2,mpp\n"


@pytest.fixture
def runs(tmp_path, monkeypatch) -> tuple[str, str]:
    """``segmenter=…`` and ``classifier=…`` of two runs; tiles of slides are small."""
    monkeypatch.setenv("MITOSIS_TRUST", "two_stages")
    monkeypatch.setattr(slide_tiles, "SIDE", 150)
    reading._opened.cache_clear()
    return write_runs(tmp_path, SteepDarkness, window=64, overlap=16)


def drawn(*squares: tuple[int, int, tuple[int, int, int]], side: int = 12, size=(400, 500)) -> np.ndarray:
    """Pink tissue with squares at left, top, of a colour."""
    image = np.full((*size, 3), PINK, np.uint8)
    for left, top, colour in squares:
        image[top : top + side, left : left + side] = colour
    return image


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    return list(csv.DictReader(text.splitlines()))


def places(path: Path) -> list[tuple[str, str]]:
    return sorted((row["x"], row["y"]) for row in rows(path))


@pytest.fixture
def seen(monkeypatch) -> list[tuple[int, int]]:
    """The tiles that are computed, in order."""
    done: list[tuple[int, int]] = []
    original = SlideTiles.find

    def find(self, before):
        for tile in original(self, before):
            done.append(tile.place)
            yield tile

    monkeypatch.setattr(SlideTiles, "find", find)
    return done


def test_a_slide_gives_what_its_pixels_give_as_an_image(runs, cli, tmp_path, write_slide, seen):
    image = drawn(*SQUARES)
    slide, out = write_slide(tmp_path / "a.svs", image), tmp_path / "out"
    ended = cli("predict", f"input={slide}", f"output={out}", *runs)
    assert ended.code == 0, ended.err
    assert "3 mitoses among 4 candidates in 1 of 1 slides" in ended.out
    assert "mm² of tissue" in ended.out
    assert places(out / "detections.csv") == [("105.50", "105.50"), ("255.50", "265.50"), ("425.50", "305.50")]
    assert len(seen) > 4
    Image.fromarray(image).save(tmp_path / "a.png")
    assert cli("predict", "input=a.png", "output=one", "mpp=0.25", *runs).code == 0
    for name in ("detections.csv", "candidates.csv"):
        tiled, whole = ((out / name).read_text(), (tmp_path / "one" / name).read_text().replace("a.png", "a.svs"))
        assert sorted(tiled.splitlines()) == sorted(whole.splitlines())
    about = json.loads((out / "slides.json").read_text())["a.svs"]
    assert about["tissue_mm2"] == pytest.approx(400 * 500 * 0.25**2 / 1e6, rel=0.15)  # in whole cells of 16 µm
    assert (about["height"], about["width"], about["mpp"], about["unreadable"]) == (400, 500, 0.25, [])
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        *("candidates.csv", "coco.json", "counts.csv", "detections.csv", "geojson", "hotspots.csv", "midog"),
        *("prediction.json", "report", "report.html", "slides.json"),
    ]
    rows = (out / "counts.csv").read_text().splitlines()
    assert rows[1].startswith("a.svs,3,")
    shapes = json.loads((out / "geojson" / "a.svs.geojson").read_text())["features"]
    assert sum(one["properties"]["classification"]["name"] == "Mitosis" for one in shapes) == 3
    assert len(json.loads((out / "midog" / "a.svs.json").read_text())["points"]) == 4  # candidates, too
    seen.clear()
    ended = cli("predict", f"input={slide}", f"output={out}", *runs)
    assert (ended.code, seen) == (0, [])
    assert "a.svs: done" in ended.out
    assert 'href="report/a.svs.html"' in (out / "report.html").read_text()
    page = out / "report" / "a.svs.html"
    assert page.read_text().count("data:image/jpeg") == 5, "the slide, and a card for each candidate"
    page.unlink()
    (out / "geojson" / "a.svs.geojson").unlink()
    ended = cli("predict", f"input={slide}", f"output={out}", *runs, "hpf_mm=0.6")
    assert (ended.code, seen) == (0, []), "what is missing is made from the tables"
    assert json.loads((out / "geojson" / "a.svs.geojson").read_text())["features"] == shapes
    assert page.is_file()
    again = (out / "counts.csv").read_text().splitlines()
    assert ",0.60," in again[1]
    assert again[1].split(",")[:6] == rows[1].split(",")[:6]


def test_slides_of_other_scanners_give_what_an_image_gives(runs, cli, tmp_path):
    folder, image = tmp_path / "in", drawn(*SQUARES)
    folder.mkdir()
    write_mrxs(folder / "a.mrxs", image)
    write_scn(folder / "a.scn", image)
    write_ndpi(folder / "a.ndpi", image)
    for path in write_dicom(tmp_path / "dicom", image):
        path.rename(folder / path.name)
    Image.fromarray(image).save(tmp_path / "a.png")
    assert cli("predict", "input=a.png", "output=one", "mpp=0.25", *runs).code == 0
    ended = cli("predict", f"input={folder}", "output=out", *runs)
    assert ended.code == 0, ended.err
    assert "12 mitoses among 16 candidates in 4 of 4 slides" in ended.out
    expected = rows(tmp_path / "one" / "candidates.csv")
    for name in ("a.mrxs", "a.scn", "a.ndpi", "1.dcm"):
        found = [row for row in rows(tmp_path / "out" / "candidates.csv") if row["image"] == name]
        both = [sorted((float(row["x"]), float(row["y"]), row["class"]) for row in of) for of in (found, expected)]
        assert [place[2] for place in both[0]] == [place[2] for place in both[1]]
        # a JPEG moves the edges of a square
        assert np.array([place[:2] for place in both[0]]) == pytest.approx(np.array([p[:2] for p in both[1]]), abs=0.3)
    told = json.loads((tmp_path / "out" / "slides.json").read_text())
    assert {name: (about["top"], about["left"]) for name, about in told.items()} == {
        "a.mrxs": (256, 512),
        "a.scn": CORNER,
        "a.ndpi": (0, 0),
        "1.dcm": (0, 0),
    }


def test_pixels_are_those_of_the_scanned_area(runs, cli, tmp_path, write_slide, monkeypatch):
    slide, out = write_slide(tmp_path / "a.svs", drawn(*SQUARES)), tmp_path / "out"
    bounds = dict(zip(scans._BOUNDS, ("60", "40", "300", "300"), strict=True))
    monkeypatch.setattr(scans, "slide_properties", lambda path: bounds)
    assert cli("predict", f"input={slide}", f"output={out}", *runs).code == 0
    assert places(out / "candidates.csv") == [("195.50", "225.50"), ("245.50", "15.50"), ("45.50", "65.50")]
    about = json.loads((out / "slides.json").read_text())["a.svs"]
    assert (about["left"], about["top"], about["width"], about["height"]) == (60, 40, 300, 300)


def test_a_slide_that_was_stopped_goes_on_at_its_next_tile(runs, cli, tmp_path, write_slide, seen, monkeypatch):
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES))
    given = ["predict", f"input={slide}", *runs]
    assert cli(*given, "output=whole").code == 0
    whole, original = list(seen), SlideTiles._candidates
    seen.clear()

    def stopped(self, *parts):
        if len(seen) == 3:
            raise KeyboardInterrupt
        return original(self, *parts)

    monkeypatch.setattr(SlideTiles, "_candidates", stopped)
    ended = cli(*given, "output=out")
    assert ended.code == 130
    assert "to go on, type" in ended.err
    assert (tmp_path / "out" / "detections.csv").read_text() == HEADER
    record = tmp_path / "out" / "unfinished" / "a.svs.jsonl"
    record.write_text(record.read_text() + "[[9, 9], 0.1, [[1.0, 2")  # killed while it was writing
    monkeypatch.setattr(SlideTiles, "_candidates", original)
    assert cli(*given, "output=out").code == 0
    assert seen == whole
    for name in ("detections.csv", "candidates.csv", "slides.json"):
        assert (tmp_path / "out" / name).read_text() == (tmp_path / "whole" / name).read_text()
    assert not record.parent.exists()


def test_tiles_of_another_slide_or_network_are_not_taken(runs, cli, tmp_path, write_slide, seen, monkeypatch):
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES))
    given = ["predict", f"input={slide}", "output=out", *runs]

    def broken(self, found, second, **place):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mitosis.cascade.cascade.Cascade.accept", broken)
        assert cli(*given).code == 130
    every = list(seen)
    seen.clear()
    write_slide(slide, drawn(SQUARES[0]))
    reading._opened.cache_clear()
    assert cli(*given).code == 0
    assert seen == every
    assert places(tmp_path / "out" / "candidates.csv") == [("105.50", "105.50")]


def test_a_damaged_place_is_named_and_the_rest_is_kept(runs, cli, tmp_path, write_slide, seen, monkeypatch):
    out = tmp_path / "out"
    write_slide(tmp_path / "a.svs", drawn(*SQUARES, (470, 420, RED), size=(448, 512)))
    write_slide(tmp_path / "b.svs", drawn(SQUARES[0]))
    given = ["predict", "input=*.svs", f"output={out}", *runs]
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
    assert seen.count((0, 0)) == 2  # once for each slide
    first = len(seen)
    seen.clear()
    assert cli(*given).code == 0
    assert (0, 0) not in seen, "only the tiles that reach the damage are read again"
    assert 0 < len(seen) < first / 2, (seen, first)
    assert len(rows(out / "candidates.csv")) == 6
    now = json.loads((out / "slides.json").read_text())
    assert now["a.svs"]["tissue_mm2"] > told["a.svs"]["tissue_mm2"]


@pytest.mark.parametrize("colour", [245, 255, 0])
def test_a_slide_without_tissue_is_done_without_a_tile(runs, cli, tmp_path, write_slide, seen, colour):
    slide = write_slide(tmp_path / "a.svs", np.full((3000, 3000, 3), colour, np.uint8), levels=(1, 16))
    ended = cli("predict", f"input={slide}", "output=out", *runs)
    assert (ended.code, seen) == (0, []), ended.err
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


def test_a_folder_of_slides_images_and_rubbish(runs, cli, tmp_path, write_slide):
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
    ended = cli("predict", f"input={folder}", "output=out", "mpp=0.25", *runs)
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


def test_images_of_unusual_pixels_and_sizes(runs, cli, tmp_path):
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
        ended = cli("predict", f"input={folder}", "output=out", "mpp=0.25", "overlay=false", *runs)
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


def test_a_blank_tiff_too_large_for_an_image_does_not_stop_the_others(runs, cli, tmp_path):
    (tmp_path / "in").mkdir()
    blank(tmp_path / "in" / "blank.tif", rowsperstrip=100)
    Image.fromarray(drawn(SQUARES[0])).save(tmp_path / "in" / "field.png")
    ended = cli("predict", "input=in", "output=out", "mpp=0.25", *runs)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "1 of 2 images were left out: " in ended.err
    assert "blank.tif: 27000 x 27000 pixels, more than 20000 x 20000; cut it into fields" in ended.err
    assert [row["image"] for row in rows(tmp_path / "out" / "detections.csv")] == ["field.png"]


@pytest.mark.slow
def test_a_blank_tiff_in_tiles_is_a_slide_without_tissue(runs, cli, tmp_path, seen):
    slide = blank(tmp_path / "blank.tif", tile=(512, 512))
    ended = cli("predict", f"input={slide}", "output=out", "mpp=0.25", *runs)
    assert (ended.code, seen) == (0, []), ended.err
    assert "no tissue found" in ended.out
    assert (tmp_path / "out" / "detections.csv").read_text() == HEADER


@pytest.mark.skipif(not FULL.exists(), reason="no full disk on this system")
def test_a_full_disk_is_one_line_and_the_tiles_before_it_are_kept(runs, cli, tmp_path, write_slide, seen, monkeypatch):
    """Whatever is written to ``/dev/full`` meets a full disk."""
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES))
    given = ["predict", f"input={slide}", "output=out", *runs]
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
    before = seen[:2]
    seen.clear()
    assert cli(*given).code == 0
    assert seen
    assert not set(before) & set(seen)
    assert len(rows(tmp_path / "out" / "detections.csv")) == 3


def test_user_errors_are_one_line_and_nothing_is_written(runs, cli, tmp_path, write_slide):
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
        ended = cli("predict", *given, "output=out", *runs)
        assert ended.code == 1, given
        assert words in ended.err
        assert ended.err.count("\n") == 1
        assert not (tmp_path / "out" / "slides.json").exists()
        assert not (tmp_path / "out" / "unfinished").exists()


def test_a_typed_resolution_is_used_for_slides_as_for_images(runs, cli, tmp_path, write_slide):
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES, side=6), mpp=0.5)
    with pytest.warns(UserWarning, match=r"a\.svs: 0\.45 typed and 0\.5 by the slide µm per pixel; 0\.45 is used"):
        assert cli("predict", f"input={slide}", "output=out", "mpp=0.45", *runs).code == 0
    assert {row["mpp"] for row in rows(tmp_path / "out" / "detections.csv")} == {"0.45"}
    assert cli("predict", f"input={slide}", "output=out2", *runs).code == 0
    assert {row["mpp"] for row in rows(tmp_path / "out2" / "detections.csv")} == {"0.5"}
