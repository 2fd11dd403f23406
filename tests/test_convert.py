"""``convert``: converting label files on the command line, and what it refuses."""

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mitosis.label.conversion import SHAPES
from mitosis.label.formats import READ_ONLY


def test_the_command_converts_labels(cli: Callable, tmp_path: Path) -> None:
    (tmp_path / "in (1), b.csv").write_text("image,x,y,label\na,1,2,1\na,3,4,0\nb,,,\n")
    ended = cli("convert", "input=in (1), b.csv", "output=out/c=1.json", "to=coco", "radius_um=4", "mpp=0.25")
    assert ended.code == 0, ended.err
    assert ended.out == "out/c=1.json: 1 mitoses and 1 hard negatives in 2 images, as coco\n"
    assert json.loads((tmp_path / "out/c=1.json").read_text())["annotations"][0]["bbox"] == [-14.5, -13.5, 32, 32]
    ended = cli("convert", "input=out/c=1.json", "output=q", "from=coco", "to=geojson")
    assert ended.out.splitlines() == [
        "left behind, for geojson cannot hold them: 2 boxes",
        "q: 1 mitoses and 1 hard negatives in 2 images, as geojson",
    ]
    assert sorted(path.name for path in (tmp_path / "q").iterdir()) == ["a.geojson", "b.geojson"]
    assert cli("convert", "input=q", "output=back.csv", "to=points").code == 0
    assert (tmp_path / "back.csv").read_text() == "image,x,y,label\na,1,2,mitosis\na,3,4,non-mitosis\nb,,,\n"
    ended = cli("convert", "input=q", "output=lists", "to=pixels", "radius_um=1", "mpp=1")
    assert ended.code == 0
    assert "1 hard negatives\n" in ended.out
    assert (tmp_path / "lists/b.csv").read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"input": None}, "input is not set"),
        ({"to": None}, "to is not set"),
        ({"input": "no.csv"}, "input=no.csv: no such file or folder"),
        ({"to": "xml"}, "to=xml: choose one of pixels, points"),
        ({"to": "sliderunner"}, "to=sliderunner: is only read; choose one of"),
        ({"from": "mask"}, "from=mask: choose one of auto, pixels"),
        ({"from": "boxes"}, "in.csv: no column x1"),
        ({"output": "in.csv"}, "output=in.csv is the input"),
        ({"output": "."}, "output=. is a folder; coco is one file"),
        ({"to": "geojson", "output": "full"}, "full holds something already; give a new folder"),
        ({"to": "geojson", "output": "full/x"}, "full/x is a file"),
        ({"input": "empty", "from": "points"}, "empty: no points in it (.csv)"),
        ({"input": "empty"}, "input=empty: no label file in it"),
        ({"input": "words.txt"}, "words.txt: not a label file of a known kind"),
        ({"radius_um": None}, "to=coco: the cell at (1, 2) of a has no box; type radius_um=4 mpp=0.25"),
        ({"radius_um": "0"}, "radius_um=0: give a number above 0"),
        ({"mpp": "quarter"}, "mpp=quarter: give a number above 0"),
        ({"mpp": "true"}, "mpp=True: give a number above 0"),
    ],
)
def test_a_user_error_is_one_line(cli: Callable, tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    (tmp_path / "in.csv").write_text("image,x,y\na,1,2\n")
    (tmp_path / "words.txt").write_text("x")
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    given = {"input": "in.csv", "output": "out.json", "to": "coco", "radius_um": "4", "mpp": "0.25"} | arguments
    ended = cli("convert", *(f"{key}={value}" for key, value in given.items() if value is not None))
    assert ended.code == 1
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    assert not (tmp_path / "out.json").exists()
    assert (tmp_path / "full/x").read_text() == "mine"


def test_a_database_is_read(cli: Callable, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.sqlite") as base:
        base.executescript(
            """CREATE TABLE Slides (uid INTEGER, filename TEXT, width INTEGER, height INTEGER);
            CREATE TABLE Classes (uid INTEGER, name TEXT);
            CREATE TABLE Annotations (uid INTEGER, slide INTEGER, type INTEGER, agreedClass INTEGER);
            CREATE TABLE Annotations_coordinates
                (uid INTEGER, coordinateX INTEGER, coordinateY INTEGER, annoId INTEGER, orderIdx INTEGER);
            INSERT INTO Slides VALUES (1, 'a.svs', 60, 40);
            INSERT INTO Classes VALUES (1, 'Mitosis');
            INSERT INTO Annotations VALUES (1, 1, 1, 1);
            INSERT INTO Annotations_coordinates VALUES (1, 10, 20, 1, 1);"""
        )
    base.close()
    assert cli("convert", "input=s.sqlite", "output=p.csv", "to=points").code == 0
    assert (tmp_path / "p.csv").read_text() == "image,x,y,label\na.svs,10,20,mitosis\n"


def test_the_help_lists_every_format(cli: Callable) -> None:
    shown = cli("convert", "--help").out
    head = shown[: shown.index("key=value")]
    assert set(re.findall(r"[a-z]+", head)) >= {*SHAPES, *READ_ONLY}


def test_labels_of_one_program_become_those_of_another(cli: Callable, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "classes.txt").write_text("mitosis\n")
    (tmp_path / "labels/a.txt").write_text("0 0.5 0.5 0.2 0.1\n")
    Image.new("RGB", (60, 40)).save(tmp_path / "a.png")
    for source, target, to in (("labels", "c.xml", "cvat"), ("c.xml", "asap", "asap"), ("asap", "p.csv", "points")):
        ended = cli("convert", f"input={source}", f"output={target}", f"to={to}")
        assert ended.code == 0, ended.err
    assert (tmp_path / "p.csv").read_text() == "image,x,y,label\na,29.5,19.5,mitosis\n"


def test_classes_of_any_script_and_sign_are_typed_as_the_refusal_says(cli: Callable, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "image,x,y,label\na,1,2,Übergang\na,3,4,Mitosis?\na,5,6,mitosis\n", encoding="utf-8"
    )
    typed = "{}"
    for said in ("übergang: mitosis", '"mitosis?": mitosis'):
        ended = cli("convert", "input=a.csv", "output=o.csv", "to=points", f"classes={typed}")
        assert (ended.code, ended.err.count("\n")) == (1, 1)
        assert f"type classes={{{said}}} (or" in ended.err
        typed = f"{{{typed[1:-1]}{', ' * (typed != '{}')}{said.replace(': mitosis', ': ignore')}}}"
    ended = cli("convert", "input=a.csv", "output=o.csv", "to=points", f"classes={typed}")
    assert ended.out.startswith("2 annotation(s) are skipped: 1 of 'Mitosis?', 1 of 'Übergang'\n"), ended.err
    assert (tmp_path / "o.csv").read_text() == "image,x,y,label\na,5,6,mitosis\n"


def test_a_typed_resolution_is_compared_with_that_of_the_labels(cli: Callable, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("image,x,y,mpp\na,1,2,0.5\n")
    ended = cli("convert", "input=a.csv", "output=o.json", "to=coco", "radius_um=4", "mpp=0.25")
    assert ended.err == (
        "mitosis: a.csv: a: 0.25 typed and 0.5 by its labels µm per pixel contradict each other; type mpp=0.5, or"
        " correct them\n"
    )
    with pytest.warns(UserWarning, match="0.48 typed and 0.5 by its labels"):
        assert cli("convert", "input=a.csv", "output=o.json", "to=coco", "radius_um=4", "mpp=0.48").code == 0
