"""Detections for image files: networks that measure darkness and redness, on pictures of coloured squares."""

import csv
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import Tensor, nn

from mitosis import files
from mitosis.errors import InputError
from mitosis.image.file import read_image
from mitosis.output.overlay import ACCEPTED, REJECTED
from mitosis.predict import predict
from mitosis.run.checkpoint import write
from mitosis.run.name import Choices

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


class Darkness(nn.Module):
    stride = 8

    def forward(self, image: Tensor) -> Tensor:
        return torch.logit(1 - image.mean(dim=1, keepdim=True), eps=1e-6)


class Redness(nn.Module):
    def forward(self, crops: Tensor) -> Tensor:
        red, _, blue = crops[:, :, 60:68, 60:68].mean(dim=(2, 3)).unbind(dim=1)
        logit = 20 * (red - blue - 30 / 255)
        return torch.stack([torch.zeros_like(logit), logit], dim=1)


@pytest.fixture
def runs(tmp_path, monkeypatch) -> tuple[str, str]:
    """``segmenter=…`` and ``classifier=…`` of two trained runs."""
    monkeypatch.setenv("MITOSIS_TRUST", __name__.split(".")[0])
    parts = {
        "segmenter": {
            "stage": {"kind": "segmentation"},
            "model": {"_target_": f"{__name__}.Darkness"},
            "tiling": {"mpp": None, "window": "auto", "overlap": 32, "blend": "mean", "batch": 8, "max_pixels": 10**8},
            "candidate": {"threshold": "auto", "recall": 0.95, "min_area_um2": 6.25},
        },
        "classifier": {
            "stage": {"kind": "classification"},
            "model": {"_target_": f"{__name__}.Redness"},
            "crop": {"side_um": 16.0, "pixels": 128, "border": "reflect"},
        },
    }
    for name, part in parts.items():
        recipe = part | {"stain": {"_target_": "mitosis.stain.none.NoStain"}}
        contents = {"recipe": recipe, "chosen": {"threshold": 0.5, "window": "whole"}, "mpp": 0.25, "state_dict": {}}
        write(contents, tmp_path / name / "checkpoints" / "best.ckpt")
        files.write_text(tmp_path / name / "recipe.yaml", yaml.safe_dump(recipe))
    return f"segmenter={tmp_path / 'segmenter'}", f"classifier={tmp_path / 'classifier'}"


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
        ({"mpp": None}, "mpp"),
        ({"mpp": "quarter"}, "mpp=0.25"),
        ({"mpp": "true"}, "mpp=0.25"),
        ({"mpp": 250}, "mpp=0.25"),
        ({"mpp": -0.25}, "mpp=0.25"),
        ({"segmenter": tmp_path / "nothing"}, "no checkpoint"),
        ({"segmenter": tmp_path / "classifier"}, "is a classifier's"),
        ({"segmenter": None}, "segmenter"),
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


def test_a_missing_mpp_names_the_remedy():
    asked = {"input": ".", "output": "out", "mpp": None, "segmenter": "x", "classifier": None, "overlay": True}
    with pytest.raises(InputError, match=r"mpp=0\.25"):
        predict(asked, Choices({}, "default", []))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_an_undecodable_file_name_is_written(runs, cli, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    image = picture(folder / "a.png", (30, 50, RED))
    os.rename(image, os.fsencode(folder) + b"/a\xff.png")
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 0, ended.err
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a�.png"]
