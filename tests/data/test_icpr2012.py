"""ICPR 2012 from a miniature of the contest's folders: records, refusals and their messages."""

import os
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from arguments import arguments
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from refused import refused

from mitosis.data.fold.lists import read_folds
from mitosis.data.icpr2012 import ICPR2012, read_figures, read_records
from mitosis.errors import InputError

WIDTH, HEIGHT = 64, 48
ROW = "10,20,11,20,10,21,11,21"
ARGUMENTS = arguments()


def draw(path: Path, painted: bool = False) -> np.ndarray:
    """A pink field with noise, different for each name; ``painted``: a yellow blot over the pixels of ``ROW``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(list(path.stem.encode())).integers(0, 30, (HEIGHT, WIDTH, 3))
    image = (np.array([200, 140, 180]) + noise).astype(np.uint8)
    if painted:
        image[12:30, 2:20] = (255, 255, 0)
    Image.fromarray(image).save(path, **({"quality": 90} if path.suffix.lower() in (".jpg", ".jpeg") else {}))
    return image


def add(folder: Path, stem: str = "A00_01", suffix: str = ".bmp", rows: str = ROW + "\n") -> np.ndarray:
    image = draw(folder / f"{stem}{suffix}")
    (folder / f"{stem}.csv").write_text(rows)
    return image


def refusal(root: Path | str | None, scanner: str = "A") -> str:
    return refused(lambda: read_records(root, scanner))


def test_the_contests_layout(tmp_path):
    first = add(tmp_path / "A00_v2/A00_v2", rows=f"{ROW}\n0,0,63,47\n")
    draw(tmp_path / "A00_v2/A00_v2/A00_01.jpg", painted=True)
    add(tmp_path / "A01_v2", "A01_00", ".TIF", rows="")
    add(tmp_path / "H00_v2", "H00_01")
    last = add(tmp_path / "mitosis_evaluation_set_A/A00_v2", "A00_00", ".png")
    for stray in ("M00_01a_0607.bmp", "A00_011.bmp", "._A00_01.bmp", "readme.txt"):
        (tmp_path / "A00_v2" / stray).write_bytes(b"")
    records = read_records(tmp_path, "A")
    assert [item.field for item in records] == ["A00_00", "A00_01", "A01_00"]
    assert [(item.case, item.slide, item.scanner) for item in records[1:]] == [
        ("A00",) * 2 + ("A",),
        ("A01",) * 2 + ("A",),
    ]
    assert records[1].size == (HEIGHT, WIDTH)
    assert records[1].mpp == 0.2456
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(records[1].read))(), first)  # the bmp, not the painted jpg
    np.testing.assert_array_equal(records[0].read(), last)
    np.testing.assert_allclose(records[1].centroids, [[10.5, 20.5], [31.5, 23.5]])
    assert records[1].mask().sum() == 6
    assert len(records[2].figures) == 0
    (hamamatsu,) = read_records(str(tmp_path), "H")
    assert (hamamatsu.field, hamamatsu.case) == ("H00_01", "H00")
    assert hamamatsu.mpp == pytest.approx(0.227415)


@pytest.mark.parametrize("suffix", [".bmp", ".BMP", ".png", ".tif", ".tiff", ".jpg", ".JPG", ".jpeg"])
def test_every_image_format_is_read(tmp_path, suffix):
    image = add(tmp_path, suffix=suffix)
    (result,) = read_records(tmp_path, "A")
    assert np.abs(result.read().astype(int) - image).mean() < (8 if "j" in suffix.lower() else 1e-9)


def test_linked_folders_are_read_once(tmp_path):
    add(tmp_path / "elsewhere/A00_v2")
    root = tmp_path / "root"
    root.mkdir()
    (root / "A00_v2").symlink_to(tmp_path / "elsewhere/A00_v2")
    (root / "A00_v2/loop").symlink_to(root)
    assert [item.field for item in read_records(root, "A")] == ["A00_01"]


def test_a_missing_or_wrong_root_is_refused(tmp_path):
    assert "data.root=DIR is not set" in refusal(None)
    assert "data.root=DIR is not set" in refusal("")
    assert refusal(tmp_path / "no").endswith("no: no such folder")
    with zipfile.ZipFile(tmp_path / "A00_v2.zip", "w") as archive:
        archive.writestr("A00_01.csv", ROW)
    assert "A00_v2.zip is an archive: unpack it" in refusal(tmp_path / "A00_v2.zip")
    (tmp_path / "x.txt").write_text("x")
    assert "x.txt is a file; give the folder" in refusal(tmp_path / "x.txt")
    assert "no field of scanner A; looked in all folders for A00_00 … A04_09 as .bmp" in refusal(tmp_path)
    add(tmp_path, "H00_01")
    assert refusal(tmp_path).endswith("data.scanner=H")
    assert "data.scanner=X: choose A" in refusal(tmp_path, "X")


def test_a_lone_painted_jpg_is_refused_until_its_bmp_is_added(tmp_path):
    add(tmp_path, suffix=".jpg")
    assert len(read_records(tmp_path, "A")) == 1
    draw(tmp_path / "A00_01.jpg", painted=True)
    assert "A00_01.jpg: its mitoses are painted yellow" in refusal(tmp_path)
    clean = draw(tmp_path / "elsewhere/A00_01.bmp")
    (result,) = read_records(tmp_path, "A")
    np.testing.assert_array_equal(result.read(), clean)


@pytest.mark.parametrize("other", ["A00_01.png", "copy/A00_01.bmp", "copy/A00_01.TIFF"])
def test_two_clean_images_of_one_field_are_refused(tmp_path, other):
    add(tmp_path)
    draw(tmp_path / other)
    message = refusal(tmp_path)
    assert str(tmp_path / "A00_01.bmp") in message
    assert str(tmp_path / other) in message


def test_two_jpgs_or_two_csvs_of_one_field_are_refused(tmp_path):
    add(tmp_path, suffix=".jpg")
    draw(tmp_path / "copy/A00_01.jpg")
    assert "copy/A00_01.jpg" in refusal(tmp_path)
    draw(tmp_path / "A00_01.bmp")
    shutil.copy(tmp_path / "A00_01.csv", tmp_path / "copy")
    assert "copy/A00_01.csv" in refusal(tmp_path)


@pytest.mark.parametrize("folder", ["A00_v2", "mitosis_evaluation_set_A/A00_v2"])
def test_an_image_without_csv_or_a_csv_without_image_is_refused(tmp_path, folder):
    add(tmp_path / folder, "A00_00")
    if "evaluation" not in folder:
        draw(tmp_path / folder / "A00_00.jpg", painted=True)
    (tmp_path / folder / "A00_00.csv").rename(tmp_path / "kept")
    assert f"{folder}/A00_00.bmp: no A00_00.csv" in refusal(tmp_path)
    (tmp_path / "kept").rename(tmp_path / folder / "A00_00.csv")
    (tmp_path / folder / "A00_00.bmp").unlink()
    (tmp_path / folder / "A00_00.jpg").unlink(missing_ok=True)
    assert f"{folder}/A00_00.csv: no image A00_00.bmp" in refusal(tmp_path)


def test_a_training_field_in_the_evaluation_part_is_refused(tmp_path):
    root = tmp_path / "my evaluation"  # only folders below root count
    add(root / "A00_v2", "A00_01")
    add(root / "A00_v2", "A00_00")  # the evaluation part may lie anywhere
    assert len(read_records(root, "A")) == 2
    add(root / "mitosis_evaluation_set_A", "A00_02")
    assert "A00_02 is one of the contest's training fields" in refusal(root)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,2,3", "3 values; x,y pairs are an even count"),
        ("1,2,x,4", "value 3, 'x', is not a number"),
        ("1,,2,3", "value 2, '', is not a number"),
        (",", None),
        ("1;2;3;4", "value 1, '1;2;3;4', is not a number"),
        ("64,0", r"pixel \(64, 0\) lies outside the field of 64 x 48"),
        ("0,48", r"pixel \(0, 48\) lies outside"),
        ("1,1,-1,5", r"pixel \(-1, 5\) lies outside"),
        ("nan,1", "lies outside"),
        ("1e300,1", "lies outside"),
        ("1.5,1", "1.5 is not a whole number"),
    ],
)
def test_a_broken_row_is_named(tmp_path, row, message):
    add(tmp_path, rows=f"{ROW}\n\n{row}\n")
    if message is None:
        assert len(read_records(tmp_path, "A")[0].figures) == 1
    else:
        with pytest.raises(InputError, match=rf"A00_01.csv, row 3: .*{message}"):
            read_records(tmp_path, "A")


def test_broken_files_are_named(tmp_path):
    add(tmp_path)
    (tmp_path / "A00_01.csv").write_bytes(b"\xff\xfe\x00")
    assert "A00_01.csv: not readable" in refusal(tmp_path)
    (tmp_path / "A00_01.bmp").write_bytes(b"")
    assert "A00_01.bmp" in refusal(tmp_path)
    (tmp_path / "A00_01.bmp").unlink()
    add(tmp_path, suffix=".jpg")
    whole = (tmp_path / "A00_01.jpg").read_bytes()
    (tmp_path / "A00_01.jpg").write_bytes(whole[: len(whole) // 2])
    assert "A00_01.jpg" in refusal(tmp_path)


PIXELS = st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1)), min_size=1, max_size=30)


@given(
    st.lists(PIXELS, max_size=6),
    st.sampled_from(["", ",", " ", ", ,"]),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.booleans(),
)
def test_csv_round_trip(tmp_path_factory, figures, tail, newline, decimals):
    path = tmp_path_factory.getbasetemp() / "A00_01.csv"
    rows = (",".join(f"{float(v)}" if decimals else str(v) for pixel in figure for v in pixel) for figure in figures)
    path.write_bytes((b"\xef\xbb\xbf" if decimals else b"") + "".join(row + tail + newline for row in rows).encode())
    result = read_figures(path, (HEIGHT, WIDTH))
    assert [[tuple(pixel) for pixel in figure.pixels.tolist()] for figure in result] == figures
    assert all(figure.pixels.dtype == np.int32 for figure in result)


def test_folds_of_the_whole_dataset(tmp_path):
    official = read_folds("icpr2012-slide:A")["official"]
    for stem in official["train"] + official["val"]:
        add(tmp_path / f"{stem[:3]}_v2", stem)
    module = ICPR2012(tmp_path, **ARGUMENTS | {"fold": 3})
    assert {item.slide for item in module.parts.test} == {"A03"}
    assert len(module.parts.test) == 7
    assert len(module.parts.train + module.parts.val) == 28
    assert module.parts.note == ""
    assert len(ICPR2012(tmp_path, folds="image", **ARGUMENTS).parts.test) == 7
    parts = ICPR2012(tmp_path, **ARGUMENTS | {"fold": "official"}).parts
    assert parts.test_absent
    assert len(parts.train + parts.val) == 35
    for stem in official["test"]:
        add(tmp_path / "mitosis_evaluation_set_A" / f"{stem[:3]}_v2", stem)
    parts = ICPR2012(tmp_path, **ARGUMENTS | {"fold": "official"}).parts
    assert len(parts.test) == 15
    assert "A00, A01, A02, A03, A04 have fields in train and in test" in parts.note
    assert len(ICPR2012(tmp_path, **ARGUMENTS | {"fold": 3}).parts.test) == 7
    everything = ICPR2012(tmp_path, **ARGUMENTS | {"fold": "all"}).parts
    assert (len(everything.train), len(everything.val), len(everything.test)) == (40, 10, 0)
    with pytest.raises(InputError, match="data.folds=patient: choose one of slide, image"):
        ICPR2012(tmp_path, folds="patient", **ARGUMENTS)


def test_the_real_training_part():
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds icpr2012/, is not set")
    records = read_records(Path(data) / "icpr2012", "A")
    mitoses = {slide: sum(len(r.figures) for r in records if r.slide == slide) for slide in {r.slide for r in records}}
    assert len(records) == 35
    assert mitoses == {"A00": 21, "A01": 56, "A02": 25, "A03": 82, "A04": 42}
    assert {item.size for item in records} == {(2084, 2084)}
    areas = [len(figure.pixels) for item in records for figure in item.figures]
    assert len(areas) == ICPR2012.inventory.mitoses == 226
    assert min(areas) > 100
