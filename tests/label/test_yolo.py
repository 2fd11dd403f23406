"""YOLO's rows of shares, whose image and names of classes lie beside them."""

from pathlib import Path

import numpy as np
import pytest
from label_files import picture, saved, short

from mitosis.errors import InputError
from mitosis.label import yolo
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.conversion import fit
from mitosis.label.formats import read_all
from mitosis.label.kind import ClassNames


@pytest.mark.parametrize("image", ["labels/a.png", "a.png", "images/a.jpg"])
def test_yolo_finds_the_image_of_its_shares(tmp_path: Path, image: str) -> None:
    picture(tmp_path / image)
    saved(tmp_path / "data.yaml", "nc: 2\nnames: [mitosis, non-mitosis]\n")
    rows = "0 0.5 0.5 0.2 0.1\n\n1 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n0 0.5 0.25 0.1 0.1 0.93\n"
    result = yolo.read(saved(tmp_path / "labels/a.txt", rows))
    assert short(result) == [(True, 29.5, 19.5), (False, 8.5, 5.5), (True, 29.5, 9.5)]
    assert result.annotations[0].box == pytest.approx((23.5, 17.5, 35.5, 21.5))  # 12 wide and 4 high
    assert result.sizes == {"a": (40, 60)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "imposter\nmitosis\n"),
        ("labels/classes.txt", "imposter\nmitosis\n"),
        ("data.yaml", "names:\n  0: imposter\n  1: mitosis\n"),
        ("obj.names", "imposter\nmitosis"),
    ],
)
def test_yolo_takes_the_names_of_its_classes_from_their_list(tmp_path: Path, name: str, text: str) -> None:
    picture(tmp_path / "a.png")
    saved(tmp_path / "labels/a.txt", "0 .5 .5 .2 .1\n1 .25 .5 .2 .1\n")
    saved(tmp_path / "labels/empty.txt", "")
    saved(tmp_path / name, text)
    assert [cell.mitotic for cell in read_all(tmp_path / "labels", "yolo").annotations] == [False, True]


def test_yolo_asks_for_classes_without_names(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    path = saved(tmp_path / "a.txt", "0 .5 .5 .2 .1\n1 .25 .5 .2 .1\n")
    with pytest.raises(InputError, match=r"row 1 \(no data\.yaml or classes\.txt names .*: the class 'class 0'"):
        yolo.read(path)
    names = ClassNames({"class 0": "mitosis", "class 1": "ignore"})
    assert short(yolo.read(path, names=names)) == [(True, 29.5, 19.5)]


def test_yolo_round_trip_cuts_at_the_edge(tmp_path: Path) -> None:
    box, outline = Annotation("a", True, 1, 2, box=(-2, 1, 4, 3)), np.array([[4.5, 4.5], [8.5, 4.5], [8.5, 6.5]])
    labels = Labels((box, Annotation("a", False, 7, 5, outline=outline)), {"a": (40, 60), "b": (40, 60)})
    yolo.write(fit(labels, "yolo"), tmp_path / "labels")
    assert (tmp_path / "labels/a.txt").read_text().startswith("0 0.0375 0.0625 0.075 0.05\n1 ")
    assert (tmp_path / "labels/b.txt").read_text() == ""
    for name in "ab":
        picture(tmp_path / f"{name}.png")
    again = read_all(tmp_path / "labels", "yolo")
    assert again.annotations[0].box == pytest.approx((-0.5, 1, 4, 3))
    np.testing.assert_allclose(again.annotations[1].outline, outline, atol=1e-6)  # pyright: ignore
    assert [cell.mitotic for cell in again.annotations] == [True, False]
    assert again.empty == ["b"]


def test_what_yolo_cannot_write_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a: its labels do not give its size"):
        yolo.write(Labels((Annotation("a", True, 1, 2, box=(0, 0, 2, 4)),), {"a": None}), tmp_path / "out")
    with pytest.raises(InputError, match=r"a: the cell at \(70, 2\) lies outside its image"):
        yolo.write(Labels((Annotation("a", True, 70, 2, box=(69, 0, 71, 4)),), {"a": (40, 60)}), tmp_path / "out")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0 .5 .5 .2", "row 1: 4 values; a row is a class and x, y, width, height, or a polygon"),
        ("0 .5 .5 .2 .1 .3 .2 .1", "row 1: 8 values"),
        ("0 30 40 12 12", "row 1: 30 is no share of the image"),
        ("0 .5 .5 .2 nan", "row 1: 'nan' is not a number"),
        ("0.5 .5 .5 .2 .1", "row 1: '0.5' is no number of a class"),
        ("2 .5 .5 .2 .1", "row 1: class 2, and 1 are named, from 0 on"),
    ],
)
def test_broken_rows_of_yolo_are_named(tmp_path: Path, row: str, message: str) -> None:
    picture(tmp_path / "a.png")
    saved(tmp_path / "classes.txt", "mitosis\n")
    with pytest.raises(InputError) as error:
        yolo.read(saved(tmp_path / "a.txt", row))
    assert message in str(error.value)


@pytest.mark.parametrize("text", ["nc: 1\n", "names: mitosis\n", "names: {1: mitosis}\n", "names: [\n"])
def test_a_list_of_classes_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    picture(tmp_path / "a.png")
    saved(tmp_path / "data.yaml", text)
    with pytest.raises(InputError, match=r"data\.yaml: (it gives no list of names|not readable as yaml)"):
        yolo.read(saved(tmp_path / "a.txt", "0 .5 .5 .2 .1"))


def test_yolo_without_its_image_says_where_it_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.txt: its numbers are shares of an image that is not found beside it"):
        yolo.read(saved(tmp_path / "in/a.txt", "0 .5 .5 .2 .1"))
