"""Points, boxes and pixel lists in csv files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from label_files import saved, with_image

from mitosis.errors import InputError
from mitosis.label import boxes, pixels, points
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.formats import read_all
from mitosis.label.kind import ClassNames


def test_points(tmp_path: Path) -> None:
    text = '\ufeffY, x ,Image,CLASS,by,,\r\n2,1.5 ,"a, 1.png",mitosis,me\r\n\r\n-3,1e2,b,NMF,\r\n,,c,,\r\n,,,\r\n'
    result = points.read(saved(tmp_path / "p.csv", text))
    assert with_image(result) == [("a, 1.png", True, 1.5, 2), ("b", False, 100, -3)]
    assert result.sizes == {"a, 1.png": None, "b": None, "c": None}
    assert result.empty == ["c"]
    points.write(result, tmp_path / "q.csv")
    assert (tmp_path / "q.csv").read_text() == (
        'image,x,y,label\n"a, 1.png",1.5,2,mitosis\nb,100,-3,non-mitosis\nc,,,\n'
    )
    assert with_image(points.read(tmp_path / "q.csv")) == with_image(result)
    assert with_image(points.read(saved(tmp_path / "p.csv", "image,x,y\na,1,2\n"))) == [("a", True, 1, 2)]
    for nothing in ("", "\n \n", "image,x,y\n"):
        assert points.read(saved(tmp_path / "p.csv", nothing)).sizes == {}


def test_the_csv_of_detections_can_be_read_as_points(tmp_path: Path) -> None:
    text = "image,x,y,score,class,mpp\na,1.00,2.00,0.9,mitotic figure,0.25\na,3.00,4.00,0.1,non-mitotic figure,0.25\n"
    assert with_image(points.read(saved(tmp_path / "d.csv", text))) == [("a", True, 1, 2), ("a", False, 3, 4)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,x,y\na,1,two\n", "p.csv, row 2: y='two' is not a number"),
        ("image,x,y\n\n\na,nan,2\n", "p.csv, row 4: x='nan' is not a number"),
        ("image,x,y\na,inf,2\n", "x='inf'"),
        ("image,x,y\na,,2\n", "row 2: x='' is not a number"),
        ("image,x,y\na,1\n", "row 2: y=''"),
        ("image,x,y\na,1,2,3\n", "row 2: 4 values under 3 columns"),
        ("image,x,y\n,1,2\n", "row 2: no image is named"),
        ("image,x\na,1\n", "p.csv: no column y; its first line, 'image,x', must name image,x,y"),
        ("image,x,y,X\na,1,2,3\n", "two columns are named 'x'"),
        ("image,x,y,Width,height\na,1,2,3,4\n", "x and y beside height, width may be a box's corner or its centre"),
        ("image,x,y,label\na,1,2,Tumor\n", "row 2: the class 'Tumor' is not known"),
        ("image,x,y,label\na,1,2,\n", "row 2: it has no class"),
        ("image;x;y\na;1;2\n", "separated by semicolons; save it with commas"),
        (b"\xff\xfe\x00", "p.csv: not readable as a csv"),
        (None, "p.csv: not readable as a csv"),
    ],
)
def test_broken_points_are_named(tmp_path: Path, text: Any, message: str) -> None:
    if text is not None:
        saved(tmp_path / "p.csv", text)
    with pytest.raises(InputError) as error:
        points.read(tmp_path / "p.csv")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_boxes(tmp_path: Path) -> None:
    text = "image,x1,y1,x2,y2,label\na,-10,0,20,30.5,1\nb,1,2,1,2,0\nc,,,,\n"
    result = boxes.read(saved(tmp_path / "b.csv", text))
    assert with_image(result) == [("a", True, 5, 15.25), ("b", False, 1, 2)]
    assert result.empty == ["c"]
    assert result.annotations[0].box == (-10, 0, 20, 30.5)
    boxes.write(result, tmp_path / "again.csv")
    again = (tmp_path / "again.csv").read_text()
    assert again == "image,x1,y1,x2,y2,label\na,-10,0,20,30.5,mitosis\nb,1,2,1,2,non-mitosis\nc,,,,,\n"
    with pytest.raises(InputError, match="row 2: the box .* ends before it begins"):
        boxes.read(saved(tmp_path / "b.csv", "image,x1,y1,x2,y2\na,5,0,4,1\n"))
    with pytest.raises(InputError, match=r"a: the cell at \(1, 2\) has no box"):
        boxes.write(Labels((Annotation("a", True, 1, 2),), {"a": None}), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == again


def test_pixels(tmp_path: Path) -> None:
    result = pixels.read(saved(tmp_path / "A00_01.csv", "1,2,3,2, \n\n5,6\n"))
    assert with_image(result) == [("A00_01", True, 2, 2), ("A00_01", True, 5, 6)]
    assert result.sizes == {"A00_01": None}
    empty = Labels(result.annotations, {"A00_01": None, "deep/b.png": None})
    pixels.write(empty, tmp_path / "out")
    assert (tmp_path / "out/A00_01.csv").read_text() == "1,2,3,2\n5,6\n"
    assert (tmp_path / "out/deep/b.csv").read_text() == ""
    assert sorted(read_all(tmp_path / "out", "pixels").sizes) == ["A00_01", "deep/b"]
    with pytest.raises(InputError, match="out holds something already"):
        pixels.write(empty, tmp_path / "out")


@pytest.mark.parametrize(
    ("cell", "images", "message"),
    [
        (Annotation("a", False, 1, 1, pixels=np.array([[1, 1]])), ["a"], "hard negative; pixel lists hold mitoses"),
        (Annotation("a", True, 1, 1), ["a"], "has no pixels"),
        (None, ["a.png", "a.tif"], "two images would have the label file a.csv"),
        (None, ["../a.png"], "cannot give a file its name"),
        (None, ["/a.png"], "cannot give a file its name"),
    ],
)
def test_cells_that_pixel_lists_cannot_store_leave_no_files(
    tmp_path: Path, cell: Any, images: list, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        pixels.write(Labels((cell,) if cell else (), dict.fromkeys(images)), tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", ["points", "boxes"])
def test_classes_in_a_csv_may_be_passed_over(tmp_path: Path, format: str) -> None:
    corners = "x1,y1,x2,y2" if format == "boxes" else "x,y"
    places = "1,2,3,4" if format == "boxes" else "2,3"
    rows = "".join(f"a.png,{places},{name}\n" for name in ("mitosis", "Tumor", ""))
    path = saved(tmp_path / "c.csv", f"image,{corners},label\n{rows}")
    names = ClassNames({"tumor": "ignore", "unclassified": "non-mitosis"})
    assert with_image(read_all(path, format, names)) == [("a.png", True, 2, 3), ("a.png", False, 2, 3)]
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'Tumor'"


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "'a.png", "a=b.png"])
@pytest.mark.parametrize("module", [points, boxes])
def test_a_name_that_would_be_a_formula_returns(tmp_path: Path, module: Any, name: str) -> None:
    labels = Labels((Annotation(name, True, 1, 2, box=(0, 1, 2, 3)),), {name: None, "=b": None})
    module.write(labels, tmp_path / "c.csv")
    shown = [line.partition(",")[0] for line in (tmp_path / "c.csv").read_text().splitlines()[1:]]
    assert shown == [f"'{name}" if name[0] in "=+-@" else name, "'=b"]
    assert list(module.read(tmp_path / "c.csv").sizes) == [name, "=b"]
