"""Detections for image files: networks that measure darkness and redness, on pictures of coloured squares."""

import csv
import errno
import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from two_stages import Darkness, write_runs

from mitosis.cascade.cascade import Cascade
from mitosis.image.file import read_image
from mitosis.label import coco, geojson
from mitosis.output.overlay import ACCEPTED, REJECTED, write_picture
from mitosis.output.page.heat import has_heat
from mitosis.run.checkpoint import read, write

HEADER = "image,x,y,score,class,area_um2,mpp\n"
RED, GREY, WHITE = (90, 20, 20), (40, 40, 40), (255, 255, 255)
AWKWARD = (
    "a (1).png",
    "b, c.png",
    "O'Neil = [2].png",
    'say "x".png',
    "Ärzte µ 肿瘤.png",
    "{a} $b %s 😀.PNG",
    " lead.png",
)


@pytest.fixture
def runs(tmp_path, monkeypatch) -> tuple[str, str]:
    """``segmenter=…`` and ``classifier=…`` of two trained runs."""
    monkeypatch.setenv("MITOSIS_TRUST", "two_stages")
    return write_runs(tmp_path, Darkness, window="whole", overlap=32)


def picture(path: Path, *squares: tuple[int, int, tuple[int, int, int]], side: int = 12, size=(90, 120)) -> Path:
    """A white picture with squares at left, top, of a colour."""
    image = np.full((*size, 3), 255, np.uint8)
    for left, top, colour in squares:
        image[top : top + side, left : left + side] = colour
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    return list(csv.DictReader(text.splitlines()))


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


@pytest.fixture
def seen(monkeypatch) -> list[str]:
    """The names of the images that are scored, in order."""
    names: list[str] = []
    original = Cascade.__call__

    def scored(self, image, **given):
        names.append(given["name"])
        return original(self, image, **given)

    monkeypatch.setattr(Cascade, "__call__", scored)
    return names


def folder_of(path: Path, *names: str) -> Path:
    for left, name in enumerate(names):
        picture(path / name, (30 + left, 50, RED))
    return path


def test_typed_again_it_goes_on_where_it_was(runs, cli, tmp_path, monkeypatch, seen):
    given = ["predict", f"input={folder_of(tmp_path / 'in', 'a.png', 'b.png', 'c.png')}", "mpp=0.25", *runs]

    def stop(path: Path, *rest) -> None:
        if path.name == "b.png.png":
            raise KeyboardInterrupt
        write_picture(path, *rest)

    monkeypatch.setattr("mitosis.output.image_files.write_picture", stop)
    ended = cli(*given, f"output={tmp_path / 'out'}")
    assert ended.code == 130
    assert "to go on, type" in ended.err
    assert [row["image"] for row in rows(tmp_path / "out" / "detections.csv")] == ["a.png", "b.png"]
    monkeypatch.setattr("mitosis.output.image_files.write_picture", write_picture)
    seen.clear()
    assert "1 of 3 images are done" in cli(*given, f"output={tmp_path / 'out'}").out
    assert seen == ["b.png", "c.png"]  # b.png has no picture yet
    assert cli(*given, f"output={tmp_path / 'whole'}").code == 0
    for name in ("detections.csv", "candidates.csv"):
        assert (tmp_path / "out" / name).read_text() == (tmp_path / "whole" / name).read_text()
    seen.clear()
    before = (tmp_path / "out" / "detections.csv").read_text()
    assert "3 mitoses among 3 candidates in 3 of 3 images" in cli(*given, f"output={tmp_path / 'out'}").out
    assert seen == []
    assert (tmp_path / "out" / "detections.csv").read_text() == before


def test_a_new_and_a_changed_image_are_done_and_the_others_kept(runs, cli, tmp_path, seen):
    folder, out = folder_of(tmp_path / "in", "a.png", "c.png"), tmp_path / "out"
    given = ["predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs]
    cli(*given)
    picture(folder / "b.png")
    picture(folder / "c.png", (60, 20, RED), (90, 50, RED))
    seen.clear()
    assert cli(*given).code == 0
    assert seen == ["b.png", "c.png"]
    found = [(row["image"], row["x"]) for row in rows(out / "detections.csv")]
    assert sorted(found) == [("a.png", "35.50"), ("c.png", "65.50"), ("c.png", "95.50")]


def test_detections_of_something_else_are_never_mixed(runs, cli, tmp_path):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png"), tmp_path / "out"
    cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    before = (out / "candidates.csv").read_text()
    other = folder_of(tmp_path / "other", "z.png")
    for given, words in (
        ([f"input={folder}", "mpp=0.5", *runs], "made with other settings (mpp)"),
        ([f"input={folder}", "mpp=0.25", runs[0]], "made with other settings (networks)"),
        ([f"input={folder}", "mpp=0.25", *runs, "adapt=true"], "made with other settings (adapt)"),
        ([f"input={other}", "mpp=0.25", *runs], "holds the detections of other images, such as a.png"),
    ):
        ended = cli("predict", *given, f"output={out}")
        assert ended.code == 1
        assert words in ended.err
        assert ended.err.count("\n") == 1
        assert (out / "candidates.csv").read_text() == before
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "detections.csv").write_text("mine\n")
    ended = cli("predict", f"input={folder}", f"output={tmp_path / 'foreign'}", "mpp=0.25", *runs)
    assert "holds tables that say nothing of their inputs" in ended.err
    assert (tmp_path / "foreign" / "detections.csv").read_text() == "mine\n"


def test_an_image_that_the_memory_cannot_hold_does_not_stop_the_others(runs, cli, tmp_path, monkeypatch, seen):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png", "d.png"), tmp_path / "out"
    picture(folder / "c.png", size=(200, 300))
    monkeypatch.setattr("mitosis.cascade.prediction.free_memory", lambda: 42 * 200 * 300 - 1)

    def read(path):
        if path.name == "b.png":
            raise MemoryError
        return read_image(path)

    monkeypatch.setattr("mitosis.cascade.prediction.read_image", read)
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 1
    assert "left out: " in ended.out
    assert ended.err.startswith("mitosis: 2 of 4 images were left out")
    assert "c.png: 300 x 200 pixels, 2.40 MiB of memory are needed and 2.40 MiB free" in ended.err
    assert "b.png: the memory does not hold it" in ended.err
    assert seen == ["a.png", "d.png"]
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png", "d.png"]


def test_a_picture_that_cannot_be_written_costs_no_table(runs, cli, tmp_path, monkeypatch):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png"), tmp_path / "out"

    def full(path: Path, *rest) -> None:
        if path.name == "b.png.png":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write_picture(path, *rest)

    monkeypatch.setattr("mitosis.output.image_files.write_picture", full)
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 1
    assert "b.png.png: No space left on device" in ended.err
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png", "b.png"]


def test_a_disk_that_is_full_at_a_table_leaves_the_one_before_and_no_half(runs, cli, tmp_path, monkeypatch):
    folder, out = folder_of(tmp_path / "in", "a.png"), tmp_path / "out"
    given = ["predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs]
    assert cli(*given).code == 0
    before = (out / "detections.csv").read_text()
    folder_of(folder, "a.png", "b.png")
    replace = os.replace

    def full(source, target):
        if Path(target).name == "detections.csv":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("mitosis.files.os.replace", full)
        ended = cli(*given)
    assert (ended.code, ended.err) == (1, f"mitosis: {out}/detections.csv: No space left on device\n")
    assert (out / "detections.csv").read_text() == before
    assert not list(out.rglob("*.part"))
    assert cli(*given).code == 0
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png", "b.png"]


def test_a_folder_that_cannot_be_written_is_named_before_any_work(runs, cli, tmp_path, monkeypatch, seen):
    def refuse(**given):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("mitosis.files.tempfile.TemporaryFile", refuse)
    ended = cli("predict", f"input={folder_of(tmp_path / 'in', 'a.png')}", "output=out", "mpp=0.25", *runs)
    assert ended.err == "mitosis: out: Read-only file system, so nothing can be written there; give another folder\n"
    assert seen == []


def test_adapted_networks_go_on_as_well(runs, cli, tmp_path, seen):
    given = ["predict", f"input={folder_of(tmp_path / 'in', 'a.png', 'b.png')}", "mpp=0.25", *runs, "adapt=true"]
    assert cli(*given, f"output={tmp_path / 'out'}").code == 0
    seen.clear()
    assert "2 of 2 images are done" in cli(*given, f"output={tmp_path / 'out'}").out
    assert seen == []


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


def test_what_is_missing_is_made_from_the_tables(runs, cli, tmp_path, seen):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png"), tmp_path / "out"
    given = ["predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs]
    cli(*given)
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.suffix != ".lock")
    before = {path: path.read_bytes() for path in files}
    for name in ("geojson/a.png.geojson", "report/b.png.html", "midog/b.png.json", "counts.csv", "report.html"):
        (out / name).unlink()
    seen.clear()
    assert cli(*given).code == 0
    assert seen == [], "no network was asked"
    assert {path: path.read_bytes() for path in files} == before
    assert not has_heat(out / "report" / "a.png.html")
    assert cli(*given, "heatmaps=true").code == 0
    assert has_heat(out / "report" / "a.png.html")
    assert "2 of 2 images are done" in cli(*given, "heatmaps=true").out
    assert cli(*given, "hpf_mm=0.6").code == 0
    assert seen == []
    counts = list(csv.DictReader((out / "counts.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["hpf_mm"] for row in counts] == ["0.60", "0.60"]


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
