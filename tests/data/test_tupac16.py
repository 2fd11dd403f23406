"""TUPAC16 from a miniature of its folders: two kinds of labels, row before column, refusals."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arguments import arguments
from miniature.tupac16 import AL, image, table
from refused import refused

from mitosis.data.tupac16 import FIRST, TUPAC16
from mitosis.label.tupac import read_tupac


def tupac(root: Path | None, labels: str = "original", **kwargs: Any) -> TUPAC16:
    return TUPAC16(root, labels, **arguments(folds=None) | kwargs)  # pyright: ignore[reportArgumentType]


def refusal(root: Path | None, labels: str = "original", **kwargs: Any) -> str:
    return refused(lambda: tupac(root, labels, **kwargs).records())


def miniature(root: Path) -> Path:
    """Images 01/01, 01/02 and 24/01 with both kinds of labels, and a test case that has a training case's number."""
    for name, part in (("01/01", "1"), ("01/02", "1"), ("24/01", "2")):
        image(root, name, f"mitoses_image_data_part_{part}")
        for tree in AL:
            table(root, name, "", tree)
    image(root, "01/01", "mitoses-test-image-data")
    table(root, "01/01", "20,100\n64,64")  # no newline at the end
    table(root, "24/01", "10,11.5,0.9 \n")
    table(root, "01/02", "30,40\n", AL[0])
    table(root, "01/02", "50,60\n70,80\n", AL[1])
    return root


def test_original_labels(tmp_path):
    records = tupac(miniature(tmp_path / "Tumör 16")).records()
    assert [(item.field, item.case, item.scanner, item.mpp) for item in records] == [
        *(("01_01", "01", "Aperio ScanScope XT", 0.25), ("01_02", "01", "Aperio ScanScope XT", 0.25)),
        ("24_01", "24", "Leica SCN400", 0.25),
    ]
    np.testing.assert_allclose(records[0].centroids, [[100, 20], [64, 64]], atol=0.1)  # y first in the file
    assert records[1].figures == ()
    assert len(records[2].figures) == 1
    assert all(len(item.hard_negatives) == 0 for item in records)


def test_alternative_labels(tmp_path):
    module = tupac(miniature(tmp_path), "alternative")
    one, two, three = module.records()
    assert one.figures == three.figures == ()
    np.testing.assert_allclose(two.centroids, [[40, 30]], atol=0.1)
    np.testing.assert_array_equal(two.hard_negatives, [[60, 50], [80, 70]])
    assert module.inventory.mitoses == 1999
    assert tupac(tmp_path).inventory.mitoses == 1552


def test_names_in_another_case_are_found(tmp_path):
    miniature(tmp_path)
    (tmp_path / "mitoses_ground_truth").rename(tmp_path / "Mitoses_Ground_Truth")
    path = tmp_path / "mitoses_image_data_part_1/01/01.tif"
    path.rename(path.with_suffix(".TIF"))
    assert [len(item.figures) for item in tupac(tmp_path).records()] == [2, 0, 1]


def test_the_split_of_the_literature(tmp_path):
    for case in range(24, 74):
        image(tmp_path, f"{case}/01")
    table(tmp_path, "24/01", "9,9")
    parts = tupac(tmp_path, fold="official").parts
    assert [item.case for item in parts.test] == ["31", "38", "45", "52", "59", "66", "73"]
    assert [item.case for item in parts.val] == ["30", "37", "44", "51", "58", "65", "72"]
    assert len(parts.train) == 36
    assert not {item.case for item in tupac(tmp_path, fold=2).parts.test} & {item.case for item in parts.test}


def test_points_outside_are_left_out_and_counted(tmp_path):
    miniature(tmp_path)
    table(tmp_path, "01/01", "128,5\n5,127\n-2,4")
    with pytest.warns(UserWarning, match=r"^2 annotation\(s\) lie outside their image .*\(5, 128\) in 01/01"):
        assert len(tupac(tmp_path).records()[0].figures) == 1


def test_missing_files_are_named(tmp_path):
    assert "data.labels=new: choose one of original, alternative" in refusal(tmp_path, "new")
    assert "no image in it; looked in all folders for 01/01.tif" in refusal(tmp_path)
    image(tmp_path, "01/01")
    assert "no original labels in it; put the folder mitoses_ground_truth there" in refusal(tmp_path)
    table(tmp_path, "01/01", "9,9")
    assert "no alternative labels in it" in refusal(tmp_path, "alternative")
    table(tmp_path, "01/02", "9,9")
    assert "mitoses_ground_truth/01/02.csv: no image 01/02.tif" in refusal(tmp_path)
    table(tmp_path, "01/01", "", AL[0])
    lone = table(tmp_path, "01/02", "", AL[1])
    assert "01/01.csv: no nonmitoses_ground_truth/01/01.csv to it" in refusal(tmp_path, "alternative")
    lone.unlink()
    table(tmp_path, "01/01", "", AL[1])
    assert len(tupac(tmp_path, "alternative").records()) == 1
    image(tmp_path, "01/02")
    assert "02.tif: no mitoses_ground_truth/01/02.csv; without mitoses it is an empty" in refusal(
        tmp_path, "alternative"
    )
    image(tmp_path, "01/02", "copy")
    assert "two files of one field" in refusal(tmp_path)
    table(tmp_path, "01/01", "9,9", "more/mitoses_ground_truth")
    (tmp_path / "copy/01/02.tif").unlink()
    assert "two label files of one image" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("row", "message"), [("7", "row 2: '7' is a single value; a row is row,column"), ("1,b", "row 2: value 2, 'b'")]
)
def test_a_broken_row_is_named(tmp_path, row, message):
    image(tmp_path, "01/01")
    table(tmp_path, "01/01", f"5,5\n{row}")
    assert f"01.csv, {message}" in refusal(tmp_path)


def test_the_real_alternative_labels():
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds labels/tupac16_al, is not set")
    paths = list((Path(data) / "labels/tupac16_al").rglob("*.csv"))
    labels = read_tupac(paths, alternative=True)
    mitotic = [cell.mitotic for cell in labels.annotations]
    assert (len(labels.sizes), sum(mitotic), mitotic.count(False)) == (656, 1999, 10_483)
    first = [cell.mitotic for cell in labels.annotations if cell.image[:2] in FIRST]
    part = tupac(None, "alternative").inventory.parts[0]
    assert (sum(first), first.count(False)) == (part.mitoses, part.hard_negatives) == (1329, 7502)
    assert not read_tupac(paths, alternative=False).sizes
