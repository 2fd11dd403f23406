"""Detections for image files: networks that measure darkness and redness, on pictures of coloured squares."""

import csv
import json
import os
import re
import sys
from pathlib import Path

import pytest
import tifffile
import torch
from PIL import Image
from squares import GREY, HEADER, RED, picture, rows

from mitosis.image.file import read_image
from mitosis.label import coco, geojson
from mitosis.output.overlay import ACCEPTED, REJECTED
from mitosis.run.checkpoint import read, write

AWKWARD = (
    "a (1).png",
    "b, c.png",
    "O'Neil = [2].png",
    'say "x".png',
    "Ärzte µ 肿瘤.png",
    "{a} $b %s 😀.PNG",
    " lead.png",
)


def test_a_folder_of_images_with_unusual_names(runs, cli, tmp_path):
    folder, out = tmp_path / "in [1], (2) = 'x'", tmp_path / "out, [3]"
    for name in AWKWARD:
        picture(folder / name, (30, 50, RED), (90, 20, GREY))
    (folder / "notes.txt").write_text("no image")
    (folder / "._a (1).png").write_bytes(b"what macOS leaves")
    (folder / "folder.png").mkdir()
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 0, ended.err
    assert f"{len(AWKWARD)} mitoses among {2 * len(AWKWARD)} candidates" in ended.out
    accepted, all_ = rows(out / "detections.csv"), rows(out / "candidates.csv")
    assert sorted(row["image"] for row in accepted) == sorted(AWKWARD)
    assert {tuple(row.values())[1:3] for row in accepted} == {("35.50", "55.50")}
    assert {row["class"] for row in accepted} == {"mitotic figure"}
    assert {(row["area_um2"], row["mpp"]) for row in all_} == {("9.00", "0.25")}
    assert len(all_) == 2 * len(AWKWARD)
    assert [row for row in all_ if row["class"] == "mitotic figure"] == accepted
    assert sorted(path.name for path in (out / "overlay").iterdir()) == sorted(f"{name}.png" for name in AWKWARD)
    drawn = read_image(out / "overlay" / f"{AWKWARD[0]}.png")
    assert tuple(drawn[56, 76]) == ACCEPTED
    assert tuple(drawn[26, 56]) == REJECTED
    assert tuple(drawn[55, 35]) == RED


def test_stage_one_alone_accepts_every_candidate_with_its_mean_probability(runs, cli, tmp_path):
    image, out = picture(tmp_path / "a.png", (30, 50, RED), (90, 20, GREY)), tmp_path / "new" / "out"
    ended = cli("predict", f"input={image}", f"output={out}", "mpp=0.25", runs[0], "overlay=false")
    assert ended.code == 0, ended.err
    accepted = rows(out / "detections.csv")
    scores = {(row["x"], row["y"]): float(row["score"]) for row in accepted}
    expected = {("35.50", "55.50"): 1 - 130 / 3 / 255, ("95.50", "25.50"): 1 - 40 / 255}
    assert scores == pytest.approx(expected, abs=1e-4)
    assert accepted == rows(out / "candidates.csv")
    assert not (out / "overlay").exists()


@pytest.mark.parametrize(("mpp", "side"), [("0.5", 6), ("0.125", 24), ("0.2456", 12)])
def test_coordinates_are_pixels_of_the_image_as_given(runs, cli, tmp_path, mpp, side):
    image, out = picture(tmp_path / "a.tif", (30, 50, RED), side=side), tmp_path / "out"
    assert cli("predict", f"input={image}", f"output={out}", f"mpp={mpp}", *runs).code == 0
    (row,) = rows(out / "detections.csv")
    middle = (side - 1) / 2
    assert (float(row["x"]), float(row["y"])) == pytest.approx((30 + middle, 50 + middle), abs=0.2)
    assert row["mpp"] == mpp
    assert float(row["area_um2"]) == pytest.approx((side * float(mpp)) ** 2, rel=0.1)
    assert read_image(out / "overlay" / "a.tif.png").shape == (90, 120, 3)


def test_broken_images_are_named_and_the_others_written(runs, cli, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    good = picture(folder / "a.png", (30, 50, RED))
    picture(folder / "z.png", (30, 50, RED))
    (folder / "cut.png").write_bytes(good.read_bytes()[:-40])
    (folder / "empty.jpg").write_bytes(b"")
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    assert "2 of 4 images" in ended.err
    assert "cut.png" in ended.err
    assert "empty.jpg" in ended.err
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png", "z.png"]
    assert {path.name for path in (out / "overlay").iterdir()} == {"a.png.png", "z.png.png"}


def test_an_oversized_image_does_not_stop_the_others(runs, cli, tmp_path, monkeypatch):
    monkeypatch.setattr("mitosis.cascade.networks.MAX_PIXELS", 50_000)
    folder, out = tmp_path / "in", tmp_path / "out"
    picture(folder / "a.png", (30, 50, RED), side=6)
    picture(folder / "b.png", size=(200, 200))
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.5", *runs)
    assert ended.code == 1
    assert "b.png" in ended.err
    assert "a.png" not in ended.err
    assert ended.err.count("\n") == 1
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png"]


def test_without_candidates_the_tables_contain_only_their_header(runs, cli, tmp_path):
    image, out = picture(tmp_path / "a.bmp"), tmp_path / "out"
    for _ in range(2):  # also overwriting earlier output
        assert cli("predict", f"input={image}", f"output={out}", "mpp=0.25", *runs).code == 0
    assert (out / "detections.csv").read_text() == (out / "candidates.csv").read_text() == HEADER
    assert (read_image(out / "overlay" / "a.bmp.png") == 255).all()


def test_user_errors_are_one_line_and_write_nothing(runs, cli, tmp_path):
    image, file, empty = picture(tmp_path / "a.png"), tmp_path / "file", tmp_path / "empty"
    file.write_text("mine")
    empty.mkdir()
    good = {"input": image, "output": tmp_path / "out", "mpp": 0.25, "segmenter": tmp_path / "segmenter"}
    for change, words in (
        ({"output": file}, f"output={file} is a file"),
        ({"output": file / "below"}, f"{file}/below: Not a directory"),
        ({"output": tmp_path / "segmenter"}, "is a run's folder"),
        ({"output": None}, "output"),
        ({"input": empty}, f"input={empty}: no image in it"),
        ({"input": tmp_path / "nothing"}, "no such file or folder"),
        ({"input": None}, "input"),
        ({"mpp": None}, "1 of 1 images do not state their resolution, such as"),
        ({"hpf_mm": 0.8}, "hpf_mm=0.8"),
        ({"threshold": 2}, "threshold=2: give a score between 0 and 1"),
        ({"threshold": "true"}, "threshold=True: give a score"),
        ({"mpp": "quarter"}, "mpp=0.25"),
        ({"mpp": "true"}, "mpp=0.25"),
        ({"mpp": 250}, "mpp=0.25"),
        ({"mpp": -0.25}, "mpp=0.25"),
        ({"segmenter": tmp_path / "nothing"}, "no checkpoint"),
        ({"segmenter": tmp_path / "classifier"}, "is a classifier's"),
        ({"segmenter": None, "classifier": "run"}, "classifier=run without a segmenter"),
        ({"weights": tmp_path}, "give one of them"),
        ({"segmenter": None, "weights": tmp_path}, "no cascade.json there"),
        ({"adapt": "maybe"}, "adapt=maybe: type adapt=true or adapt=false"),
        ({"heatmaps": "maybe"}, "heatmaps=maybe: type heatmaps=true or heatmaps=false"),
        ({"heatmaps": "true"}, "heatmaps=true shows what stage two looked at; type classifier=RUN"),
        ({"classifier": tmp_path / "segmenter"}, "is a segmenter's"),
    ):
        given = [f"{key}={value}" for key, value in (good | change).items() if value is not None]
        ended = cli("predict", *given)
        assert ended.code == 1, change
        assert words in ended.err, (change, ended)
        assert ended.err.count("\n") == 1, (change, ended)
        assert "Traceback" not in ended.err
        assert not (tmp_path / "out" / "detections.csv").exists()
    assert file.read_text() == "mine"
    assert not (tmp_path / "segmenter" / "candidates.csv").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_an_undecodable_file_name_is_written(runs, cli, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    image = picture(folder / "a.png", (30, 50, RED))
    os.rename(image, os.fsencode(folder) + b"/a\xff.png")
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 0, ended.err
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a�.png"]


def tiff(path: Path, mpp: float, *squares: tuple[int, int, tuple[int, int, int]], side: int = 12) -> Path:
    """A picture that states its resolution."""
    image = read_image(picture(path.with_suffix(".png"), *squares, side=side))
    path.with_suffix(".png").unlink()
    per_cm = 10_000 / mpp
    tifffile.imwrite(path, image, photometric="rgb", resolution=(per_cm, per_cm), resolutionunit="CENTIMETER")
    return path


def test_each_file_says_its_resolution(runs, cli, tmp_path):
    tiff(tmp_path / "in" / "a.tif", 0.25, (30, 50, RED))
    tiff(tmp_path / "in" / "b.tif", 0.5, (30, 50, RED), side=6)
    ended = cli("predict", f"input={tmp_path / 'in'}", f"output={tmp_path / 'out'}", *runs)
    assert ended.code == 0, ended.err
    assert [(row["image"], row["mpp"]) for row in rows(tmp_path / "out" / "detections.csv")] == [
        ("a.tif", "0.25"),
        ("b.tif", "0.5"),
    ]
    tiff(tmp_path / "in" / "d.tif", 4.0, (30, 50, RED))
    ended = cli("predict", f"input={tmp_path / 'in'}", f"output={tmp_path / 'out'}", *runs)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "1 of 3 images were left out: " in ended.err
    assert "d.tif has 4 µm per pixel, which is not 0.05 to 2; type mpp= with what it is, and mpp_from" in ended.err
    assert len(rows(tmp_path / "out" / "detections.csv")) == 2
    (tmp_path / "in" / "d.tif").unlink()
    Image.new("RGB", (40, 40)).save(tmp_path / "in" / "c.png")
    ended = cli("predict", f"input={tmp_path / 'in'}", f"output={tmp_path / 'out'}", *runs)
    assert ended.err.startswith("mitosis: 1 of 3 images do not state their resolution, such as ")
    assert "c.png; type mpp= with µm per pixel, e.g. mpp=0.25" in ended.err


def test_all_that_is_written_says_the_same(runs, cli, tmp_path):
    image, out = picture(tmp_path / "a.png", (30, 50, RED), (90, 20, GREY), (5, 5, RED)), tmp_path / "out"
    ended = cli("predict", f"input={image}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 0, ended.err
    accepted = {(float(row["x"]), float(row["y"])) for row in rows(out / "detections.csv")}
    every = {(float(row["x"]), float(row["y"])): row["class"][:3] == "mit" for row in rows(out / "candidates.csv")}
    assert len(every) == 3
    assert len(accepted) == 2
    labels = geojson.read(out / "geojson" / "a.png.geojson").annotations
    assert {(round(cell.x, 2), round(cell.y, 2)): cell.mitotic for cell in labels} == every
    labels = coco.read(out / "coco.json").annotations
    assert {(cell.x, cell.y): cell.mitotic for cell in labels} == every
    points = json.loads((out / "midog" / "a.png.json").read_text())["points"]
    told = {tuple(round(value * 4000, 1) for value in one["point"][:2]): one["name"][:3] == "mit" for one in points}
    assert told == every
    (row,) = csv.DictReader((out / "counts.csv").read_text(encoding="utf-8").splitlines())
    assert (row["image"], row["figures"]) == ("a.png", "2")
    assert "research use only" in row["note"]
    assert "a.png: 2 figures, no tissue; research use only, not for diagnosis" in ended.out
    assert "report/a.png.html" in (out / "report.html").read_text(encoding="utf-8")
    data = re.search(r'id="data">(.*?)</script>', (out / "report" / "a.png.html").read_text(), re.DOTALL)[1]
    assert {(x, y): bool(counted) for x, y, _, counted, _ in json.loads(data)["detections"]} == every


def test_a_threshold_takes_the_place_of_the_runs_own(runs, cli, tmp_path):
    """Stage two gives the red square more than 0.99 and the grey one 0.09; stage one gives 0.83 and 0.84."""
    image = picture(tmp_path / "a.png", (30, 50, RED), (90, 20, GREY))
    for number, (given, expected) in enumerate(
        [
            ([*runs, "threshold=0.05"], 2),
            ([*runs, "threshold=0.5"], 1),
            ([runs[0], "threshold=0.9"], 0),
            ([runs[0]], 2),
        ]
    ):
        ended = cli("predict", f"input={image}", f"output={tmp_path / str(number)}", "mpp=0.25", *given)
        assert ended.code == 0, ended.err
        assert len(rows(tmp_path / str(number) / "detections.csv")) == expected
        assert "not measured" in ended.out
    ended = cli("predict", f"input={image}", f"output={tmp_path / '0'}", "mpp=0.25", *runs)
    assert "made with other settings (threshold)" in ended.err


def test_weights_that_are_nan_end_in_one_line_before_anything_is_written(runs, cli, tmp_path):
    picture(tmp_path / "in" / "a.png", (50, 40, RED))
    path = tmp_path / "classifier" / "checkpoints" / "best.ckpt"
    write(read(path) | {"state_dict": {"model.bias": torch.tensor([0.0, float("nan")])}}, path)
    ended = cli("predict", f"input={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "mpp=0.25", *runs)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "best.ckpt: its weight bias is nan or infinite" in ended.err
    assert not (tmp_path / "out" / "detections.csv").exists()
