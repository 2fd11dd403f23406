"""GZMH from a miniature: patterns for images, masks, patients and the test part, and components of the masks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from arguments import arguments
from miniature import SIZE, drawn
from miniature.gzmh import add
from PIL import Image
from refused import refused

from mitosis.data.gzmh import GZMH
from mitosis.run.conf import CONF

SHIPPED = {
    key: value
    for key, value in yaml.safe_load((CONF / "data/gzmh.yaml").read_text(encoding="utf-8"))["data"].items()
    if key in ("images", "masks", "patient", "test", "folds")
}


def gzmh(root: Path | None, **kwargs: Any) -> GZMH:
    return GZMH(root=root, **SHIPPED | arguments() | kwargs)  # pyright: ignore[reportArgumentType]


def refusal(root: Path | None, **kwargs: Any) -> str:
    return refused(lambda: gzmh(root, **kwargs).parts)


def test_touching_corners_are_one_mitosis_and_any_value_above_zero_counts(tmp_path):
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[10:12, 20:22] = 1
    mask[12:14, 22:24] = 255  # touches the first one at a corner
    mask[50, 60] = 7
    root = tmp_path / "Gz mh ü"
    add(root, "train", "p1_001", mask, "_mask")
    add(root, "train", "p2_001")
    one, two = gzmh(root).records()
    assert (one.field, one.case, one.size, one.mpp) == ("p1_001", "p1", (SIZE, SIZE), 0.25)
    np.testing.assert_allclose(one.centroids, [[21.5, 11.5], [60, 50]])
    np.testing.assert_array_equal(one.mask(), mask > 0)
    np.testing.assert_array_equal(one.read(), drawn())
    assert two.figures == ()


def test_a_faint_mask_counts(tmp_path):
    faint = np.zeros((SIZE, SIZE), np.uint16)
    faint[5:8, 10:12] = 1  # of 65535
    add(tmp_path, "train", "p1-1", faint)
    (record,) = gzmh(tmp_path).records()
    np.testing.assert_allclose(record.centroids, [[10.5, 6]])


def test_official_split_by_patient(tmp_path):
    for patient in range(6):
        add(tmp_path, "train", f"p{patient}-1")
    assert gzmh(tmp_path, fold="official").parts.test_absent
    add(tmp_path, "Test", "q1-1")
    parts = gzmh(tmp_path, fold="official").parts
    assert [item.field for item in parts.test] == ["q1-1"]
    assert len(parts.train + parts.val) == 6
    assert {item.case for k in range(5) for item in gzmh(tmp_path, fold=k).parts.test} == {f"p{k}" for k in range(6)}
    add(tmp_path, "Test", "p0-2")
    assert "patient p0 has fields in training and in test" in refusal(tmp_path)


def test_other_folders_by_patterns(tmp_path):
    for part, patient in (("one", "7"), ("two", "8"), ("one", "9")):
        for folder, value in (("HPF", None), ("label", 1)):
            path = tmp_path / part / patient / folder / "a.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn() if value is None else np.full((SIZE, SIZE), value, np.uint8)).save(path)
    patterns = {
        "images": r"(\d+)/HPF/(.*)\.tif",
        "masks": r"(\d+)/label/(.*)\.tif",
        "patient": r"(\d+)/HPF",
        "test": "^two",
    }
    records = gzmh(tmp_path, **patterns).records()
    assert [(item.field, item.case, len(item.figures)) for item in records] == [
        *(("7_a", "7", 1), ("8_a", "8", 1), ("9_a", "9", 1))
    ]
    assert [item.case for item in gzmh(tmp_path, fold="official", **patterns).parts.test] == ["8"]


def test_missing_files_are_named(tmp_path):
    assert "data.root=DIR is not set" in refusal(None)
    assert "no file fits data.images=" in refusal(tmp_path)
    (tmp_path / "readme.txt").write_text("x")
    assert "files such as 'readme.txt'" in refusal(tmp_path)
    add(tmp_path, "train", "p1_1")
    add(tmp_path, "train", "p2_1")
    (tmp_path / "train/masks/p1_1.png").rename(tmp_path / "kept")
    assert "images/p1_1.png: no mask is named p1_1" in refusal(tmp_path)
    (tmp_path / "kept").rename(tmp_path / "train/masks/p1_1.png")
    (tmp_path / "train/images/p2_1.png").unlink()
    assert "masks/p2_1.png: no image is named p2_1" in refusal(tmp_path)
    add(tmp_path, "train", "p2_1", np.zeros((SIZE, 9), np.uint8))
    assert "masks/p2_1.png: the mask and p2_1.png are 9 x 128 and 128 x 128 pixels" in refusal(tmp_path)
    add(tmp_path, "train", "p2_1")
    add(tmp_path, "more", "p2_1")
    assert "two files of one field" in refusal(tmp_path)


def test_patterns_are_checked(tmp_path):
    add(tmp_path, "train", "p1_1")
    assert "data.images=(: not a regular expression" in refusal(tmp_path, images="(")
    assert "data.masks=masks: put what is the name in ( )" in refusal(tmp_path, masks="masks")
    assert "data.patient=p: put what is the patient in ( )" in refusal(tmp_path, patient="p")
    assert "data.patient=(x) finds no patient in 'train/images/p1_1.png'" in refusal(tmp_path, patient="(x)")


def two_in_one() -> np.ndarray:
    """Two touching mitoses at x 20 … 29 and 30 … 39, one in two parts (60 … 63, 70 … 73), one far from all."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[10:20, 20:40] = 255
    mask[50:54, 60:64] = mask[50:54, 70:74] = 255
    mask[120:124, 2:6] = 255
    return mask


@pytest.mark.parametrize(
    "table",
    [
        "image,x,y\np1_001.png,24,14\nP1_001,35,15\nimages/p1_001.png,66,52\np2_001,,\n",
        "image,x1,y1,x2,y2\np1_001,20,10,29,20\np1_001,30,10,39,20\np1_001,60,50,74,54\n",
    ],
)
def test_objects_of_a_csv_share_the_mask(tmp_path, table):
    add(tmp_path, "train", "p1_001", two_in_one())
    add(tmp_path, "train", "p2_001")
    (tmp_path / "objects.csv").write_text(table)
    with pytest.warns(UserWarning, match="1 parts of the masks are near no row"):
        one, two = gzmh(tmp_path, objects="objects.csv").records()
    assert [len(figure.pixels) for figure in one.figures] == [100, 100, 32]
    assert not two.figures
    np.testing.assert_allclose(one.centroids, [[24.5, 14.5], [34.5, 14.5], [66.5, 51.5]])
    assert len(gzmh(tmp_path).records()[0].figures) == 4  # according to the mask alone


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("image,x,y\np1_001,90,90\n", "no part of the mask lies within 10 µm of the object at (90, 90)"),
        ("image,x,y\np9_001,24,14\n", "p9_001 is not among the 2 images"),
        ("image,x,y\np1_001,24,14\np1_001,24,14\n", "two rows for (24, 14) in p1_001"),
        ("1,2,3,4\n", "give a csv with the columns image,x,y or image,x1,y1,x2,y2"),
        ("image,x,y\np1_001,24,fourteen\n", "objects.csv, row 2: y='fourteen' is not a number"),
        (None, "objects.csv: not readable as a csv"),
    ],
)
def test_csvs_of_objects_that_do_not_match_are_refused(tmp_path, table, message):
    add(tmp_path, "train", "p1_001", two_in_one())
    add(tmp_path, "train", "p2_001")
    if table is not None:
        (tmp_path / "objects.csv").write_text(table)
    assert message in refusal(tmp_path, objects="objects.csv")


def test_an_ambiguous_image_name_is_refused(tmp_path):
    for patient in ("p1", "p2"):
        add(tmp_path, patient, "1", two_in_one())
    patterns = {key: rf"([^/]+)/{key}/([^/]+)\.png" for key in ("images", "masks")} | {"patient": r"^([^/]+)/"}
    (tmp_path / "objects.csv").write_text("image,x,y\np1/images/1.png,24,14\n")
    assert "p1/images/1.png could be any of p1_1, p2_1" in refusal(tmp_path, objects="objects.csv", **patterns)
