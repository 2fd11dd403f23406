"""MITOS-ATYPIA-14 from a miniature of the contest's folders: records, refusals and their messages."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arguments import arguments
from miniature import drawn
from miniature.mitos_atypia14 import add
from PIL import Image
from refused import refused

from mitosis.data.mitos_atypia14 import MPP, MitosAtypia14
from mitosis.data.record import Circle
from mitosis.label.atypia import read_atypia


def atypia(root: Path | None, **kwargs: Any) -> MitosAtypia14:
    return MitosAtypia14(root, **arguments(folds=None) | kwargs)  # pyright: ignore[reportArgumentType]


def refusal(root: Path | None, **kwargs: Any) -> str:
    return refused(lambda: atypia(root, **kwargs).records())


def test_the_contests_layout(tmp_path):
    root = tmp_path / "MITOS 14 é"
    training = root / "mitos_atypia_2014_training_aperio"
    slide = add(training, "A03_00Aa", "20,100,0.8 \n64,64,1.0", "100.5,30,0.2,\n\n")
    (slide / "frames/x20").mkdir()
    Image.fromarray(drawn()).save(slide / "frames/x20/A03_00A.tiff")
    (slide / "atypia/x40").mkdir(parents=True)
    (slide / "atypia/x40/A03_00Aa_cna_criteria.csv").write_text("1,2,3")
    add(training, "A04_01Db")
    add(root / "mitos_atypia_2014_training_hamamatsu", "H03_00Aa", "1,1,1.0")
    add(root / "mitos_atypia_2014_testing_aperio", "A06_00Aa", None, None)
    one, two = atypia(root).records()
    assert (one.field, one.case, one.slide, one.scanner, one.mpp) == ("A03_00Aa", "03", "A03", "A", 0.2455)
    np.testing.assert_allclose(one.centroids, [[20, 100], [64, 64]], atol=0.1)  # x first
    np.testing.assert_array_equal(one.hard_negatives, [[100.5, 30]])
    np.testing.assert_array_equal(one.read(), drawn())
    assert (two.field, two.figures, len(two.hard_negatives)) == ("A04_01Db", (), 0)
    assert atypia(root, ring_um=8).records()[0].figures[1].ring == Circle(64, 64, 8 / 0.2455)
    (hamamatsu,) = atypia(root, scanner="H").records()
    assert (hamamatsu.case, hamamatsu.slide) == ("03", "H03")
    assert hamamatsu.mpp == pytest.approx(0.2274155)
    parts = atypia(root, fold="official").parts
    assert parts.test_absent
    assert len(parts.train + parts.val) == 2


def test_folds_keep_slides_apart(tmp_path):
    for number in ("03", "04", "05", "07", "10", "11"):
        for frame in ("00Aa", "00Ab"):
            add(tmp_path, f"A{number}_{frame}", "9,9,1.0")
    for fold in range(5):
        parts = atypia(tmp_path, fold=fold).parts
        assert not {r.case for r in parts.test} & {r.case for r in parts.train + parts.val}
        assert not parts.note


def test_names_in_another_case_are_found(tmp_path):
    slide = add(tmp_path, mitoses="9,9,1.0")
    for path in (*slide.glob("frames/x40/*"), *slide.glob("mitosis/*.csv")):
        path.rename(path.with_name(path.name.swapcase()))
    (record,) = atypia(tmp_path).records()
    assert record.field == "A03_00Aa"
    assert len(record.figures) == 1


def test_points_outside_are_left_out_and_counted(tmp_path):
    add(tmp_path, mitoses="128,5,1.0\n5,127,1.0\n", others="-3,4,0.0\n")
    with pytest.warns(UserWarning, match=r"^2 annotation\(s\) lie outside"):
        (record,) = atypia(tmp_path).records()
    assert len(record.figures) == 1
    assert record.hard_negatives.shape == (0, 2)


@pytest.mark.parametrize("scanner", "AH")
def test_a_look_alike_within_8_um_of_a_mitosis_is_left_out(tmp_path, scanner):
    near, far = 7.9 / MPP[scanner], 8.1 / MPP[scanner]
    others = [
        (64 + near, 64),
        (64 - far, 64),
        (64, 64 - near),
        (64, 64 + far),
        (64 + far * 0.6, 64 - far * 0.8),
        (64, 64),
    ]
    add(tmp_path, f"{scanner}03_00Aa", "64,64,1.0\n", "\n".join(f"{x},{y},0.4" for x, y in others))
    (record,) = atypia(tmp_path, scanner=scanner).records()
    np.testing.assert_allclose(record.hard_negatives, [others[1], others[3], others[4]])
    add(tmp_path, f"{scanner}03_00Ab", "", "64,64,0.4\n64,65,0.2\n")
    assert len(atypia(tmp_path, scanner=scanner).records()[1].hard_negatives) == 2  # no mitosis there


def test_missing_files_are_named(tmp_path):
    assert "data.root=DIR is not set" in refusal(None)
    assert "data.scanner=X: choose A" in refusal(tmp_path, scanner="X")
    assert "no frame of scanner A at x40; looked in all folders for A03_00Aa.tiff" in refusal(tmp_path)
    slide = add(tmp_path, others=None)
    assert "A03_00Aa_mitosis.csv: its partner A03_00Aa_not_mitosis.csv is missing" in refusal(tmp_path)
    (slide / "mitosis/A03_00Aa_mitosis.csv").unlink()
    assert "A03_00Aa.tiff: no A03_00Aa_mitosis.csv and A03_00Aa_not_mitosis.csv" in refusal(tmp_path)
    add(tmp_path)
    add(tmp_path, "A03_00Ab")
    (slide / "frames/x40/A03_00Ab.tiff").unlink()
    assert "A03_00Ab_mitosis.csv: no image A03_00Ab.tiff" in refusal(tmp_path)
    add(tmp_path / "copy", "A03_00Ab")
    assert "two label files of one frame" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1", "row 2: '1' is a single value; a row is x,y,confidence"),
        ("1,x", "row 2: value 2, 'x', is not a number"),
        ("nan,2,1.0", "row 2: value 1, 'nan', is not a number"),
        ("1;2;3", "row 2: '1;2;3' is a single value"),
        ("1,2,high", "row 2: value 3, 'high', is not a number"),
    ],
)
def test_a_broken_row_is_named(tmp_path, row, message):
    add(tmp_path, mitoses=f"5,5,1.0\n{row}\n")
    assert f"A03_00Aa_mitosis.csv, {message}" in refusal(tmp_path)


def test_the_counts_of_the_parts_add_up():
    inventory = MitosAtypia14.inventory
    assert sum(part.fields or 0 for part in inventory.parts) == inventory.fields == 1200
    assert sum(part.mitoses or 0 for part in inventory.parts) == inventory.mitoses == 749


def test_the_real_labels_of_a_slide():
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds labels/mitos_atypia_14, is not set")
    labels = read_atypia((Path(data) / "labels/mitos_atypia_14").iterdir())
    mitotic = [cell.mitotic for cell in labels.annotations]
    assert (len(labels.sizes), sum(mitotic), mitotic.count(False)) == (96, 135, 437)
    assert max(cell.x for cell in labels.annotations) < 1539
    assert max(cell.y for cell in labels.annotations) < 1376.5
