"""Whole slides by the command: networks that measure darkness and redness, on slides with coloured squares."""

import json

import numpy as np
import pytest
from drawn_slides import SQUARES, drawn, places
from miniature.scanners import CORNER, write_dicom, write_mrxs, write_ndpi, write_scn
from PIL import Image
from squares import HEADER, rows

from mitosis.cascade.slide_tiles import SlideTiles
from mitosis.image import scan as scans
from mitosis.image import slide as reading


def test_a_slide_gives_what_its_pixels_give_as_an_image(slide_runs, cli, tmp_path, write_slide, tiles_seen):
    image = drawn(*SQUARES)
    slide, out = write_slide(tmp_path / "a.svs", image), tmp_path / "out"
    ended = cli("predict", f"input={slide}", f"output={out}", *slide_runs)
    assert ended.code == 0, ended.err
    assert "3 mitoses among 4 candidates in 1 of 1 slides" in ended.out
    assert "mm² of tissue" in ended.out
    assert places(out / "detections.csv") == [("105.50", "105.50"), ("255.50", "265.50"), ("425.50", "305.50")]
    assert len(tiles_seen) > 4
    Image.fromarray(image).save(tmp_path / "a.png")
    assert cli("predict", "input=a.png", "output=one", "mpp=0.25", *slide_runs).code == 0
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
    tiles_seen.clear()
    ended = cli("predict", f"input={slide}", f"output={out}", *slide_runs)
    assert (ended.code, tiles_seen) == (0, [])
    assert "a.svs: done" in ended.out
    assert 'href="report/a.svs.html"' in (out / "report.html").read_text()
    page = out / "report" / "a.svs.html"
    assert page.read_text().count("data:image/jpeg") == 5, "the slide, and a card for each candidate"
    page.unlink()
    (out / "geojson" / "a.svs.geojson").unlink()
    ended = cli("predict", f"input={slide}", f"output={out}", *slide_runs, "hpf_mm=0.6")
    assert (ended.code, tiles_seen) == (0, []), "what is missing is made from the tables"
    assert json.loads((out / "geojson" / "a.svs.geojson").read_text())["features"] == shapes
    assert page.is_file()
    again = (out / "counts.csv").read_text().splitlines()
    assert ",0.60," in again[1]
    assert again[1].split(",")[:6] == rows[1].split(",")[:6]


def test_slides_of_other_scanners_give_what_an_image_gives(slide_runs, cli, tmp_path):
    folder, image = tmp_path / "in", drawn(*SQUARES)
    folder.mkdir()
    write_mrxs(folder / "a.mrxs", image)
    write_scn(folder / "a.scn", image)
    write_ndpi(folder / "a.ndpi", image)
    for path in write_dicom(tmp_path / "dicom", image):
        path.rename(folder / path.name)
    Image.fromarray(image).save(tmp_path / "a.png")
    assert cli("predict", "input=a.png", "output=one", "mpp=0.25", *slide_runs).code == 0
    ended = cli("predict", f"input={folder}", "output=out", *slide_runs)
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


def test_pixels_are_those_of_the_scanned_area(slide_runs, cli, tmp_path, write_slide, monkeypatch):
    slide, out = write_slide(tmp_path / "a.svs", drawn(*SQUARES)), tmp_path / "out"
    bounds = dict(zip(scans._BOUNDS, ("60", "40", "300", "300"), strict=True))
    monkeypatch.setattr(scans, "slide_properties", lambda path: bounds)
    assert cli("predict", f"input={slide}", f"output={out}", *slide_runs).code == 0
    # The square at 245.5, 15.5 lies less than 5 µm below the edge of the area.
    assert places(out / "candidates.csv") == [("195.50", "225.50"), ("45.50", "65.50")]
    about = json.loads((out / "slides.json").read_text())["a.svs"]
    assert (about["left"], about["top"], about["width"], about["height"]) == (60, 40, 300, 300)


def test_a_slide_that_was_stopped_goes_on_at_its_next_tile(
    slide_runs, cli, tmp_path, write_slide, tiles_seen, monkeypatch
):
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES))
    given = ["predict", f"input={slide}", *slide_runs]
    assert cli(*given, "output=whole").code == 0
    whole, original = list(tiles_seen), SlideTiles._candidates
    tiles_seen.clear()

    def stopped(self, *parts):
        if len(tiles_seen) == 3:
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
    assert tiles_seen == whole
    for name in ("detections.csv", "candidates.csv", "slides.json"):
        assert (tmp_path / "out" / name).read_text() == (tmp_path / "whole" / name).read_text()
    assert not record.parent.exists()


def test_tiles_of_another_slide_or_network_are_not_taken(
    slide_runs, cli, tmp_path, write_slide, tiles_seen, monkeypatch
):
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES))
    given = ["predict", f"input={slide}", "output=out", *slide_runs]

    def broken(self, found, second, **place):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mitosis.cascade.cascade.Cascade.accept", broken)
        assert cli(*given).code == 130
    every = list(tiles_seen)
    tiles_seen.clear()
    write_slide(slide, drawn(SQUARES[0]))
    reading._opened.cache_clear()
    assert cli(*given).code == 0
    assert tiles_seen == every
    assert places(tmp_path / "out" / "candidates.csv") == [("105.50", "105.50")]


def test_a_typed_resolution_is_used_for_slides_as_for_images(slide_runs, cli, tmp_path, write_slide):
    slide = write_slide(tmp_path / "a.svs", drawn(*SQUARES, side=6), mpp=0.5)
    with pytest.warns(UserWarning, match=r"a\.svs: 0\.45 typed and 0\.5 by the slide µm per pixel; 0\.45 is used"):
        assert cli("predict", f"input={slide}", "output=out", "mpp=0.45", *slide_runs).code == 0
    assert {row["mpp"] for row in rows(tmp_path / "out" / "detections.csv")} == {"0.45"}
    assert cli("predict", f"input={slide}", "output=out2", *slide_runs).code == 0
    assert {row["mpp"] for row in rows(tmp_path / "out2" / "detections.csv")} == {"0.5"}
