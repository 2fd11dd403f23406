"""detections.csv: its header, its rows, and unusual names."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.errors import InputError
from mitosis.inference.detections import Detections
from mitosis.label.name import shown_name
from mitosis.output.table import HEADER, MITOSIS, read_rows, rows_of, write_detections

TWO = Detections(
    points=np.array([[1.005, 2083.999], [3, 4]]),
    scores=np.array([0.99996, 0.25]),
    accepted=np.array([True, False]),
    area_um2=np.array([6.25, 100]),
    mpp=0.227415,
)
NONE = Detections(np.zeros((0, 2)), np.zeros(0), np.zeros(0, bool), np.zeros(0), 0.25)


def one(x=0.0, y=0.0, score=0.0):
    return Detections(np.array([[x, y]]), np.array([score]), np.array([True]), np.array([7.0]), 0.25)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_by_hand(tmp_path):
    path = tmp_path / "new" / "detections.csv"
    first = "a.png,1.00,2084.00,1.0000,mitotic figure,6.25,0.227415\n"
    write_detections(path, [("a.png", TWO), ("b.png", NONE), ("c.png", one(5, 6.5, 0.5))])
    assert path.read_bytes().decode() == (
        "image,x,y,score,class,area_um2,mpp\n"
        + first
        + "a.png,3.00,4.00,0.2500,non-mitotic figure,100.00,0.227415\n"
        + "c.png,5.00,6.50,0.5000,mitotic figure,7.00,0.25\n"
    )
    write_detections(path, [("a.png", TWO.mitoses())])
    assert path.read_bytes().decode() == "image,x,y,score,class,area_um2,mpp\n" + first
    assert len(TWO) == len(TWO.mitoses()) == 1


@pytest.mark.parametrize("images", [[], [("a.png", NONE)], [("a.png", NONE.mitoses())]])
def test_without_detections_only_the_header_is_written(tmp_path, images):
    path = tmp_path / "detections.csv"
    path.write_text("old\n" * 9)
    write_detections(path, images)
    assert path.read_text() == ",".join(HEADER) + "\n"


def test_columns_of_different_lengths_are_refused(tmp_path):
    uneven = Detections(np.zeros((2, 2)), np.zeros(2), np.zeros(2, bool), np.zeros(2), 0.25)
    object.__setattr__(uneven, "scores", np.zeros(1))  # past the check of shapes that tests have and users have not
    with pytest.raises(ValueError, match="shorter than"):
        write_detections(tmp_path / "detections.csv", [("a.png", uneven)])


def test_a_failed_write_keeps_the_previous_table(tmp_path):
    path = tmp_path / "detections.csv"
    write_detections(path, [])
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        write_detections(path, [("\udcff.png", one())])
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["detections.csv"]


@given(
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1),
    st.floats(-1e5, 1e5),
    st.floats(0, 1),
)
def test_a_written_table_round_trips(tmp_path_factory, name, x, score):
    path = tmp_path_factory.mktemp("table") / "detections.csv"
    write_detections(path, [(name, one(x, -x, score))])
    (row,) = read(path)
    assert tuple(row) == HEADER
    assert row["image"] == shown_name(name)
    assert row["class"] == MITOSIS
    assert float(row["x"]) == pytest.approx(x, abs=0.00501)
    assert float(row["score"]) == pytest.approx(score, abs=5.01e-5)


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "\ta.png"])
def test_a_name_is_never_a_formula(tmp_path, name):
    write_detections(tmp_path / "a.csv", [(name, one()), ("a=b.png", one())])
    assert [row["image"] for row in read(tmp_path / "a.csv")] == [f"'{name}", "a=b.png"]


def test_rows_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "a.csv"
    write_detections(path, [('say "x", y.png', TWO)])
    assert read_rows(path) == rows_of('say "x", y.png', TWO)
    for broken in ("", "a,b\n1,2\n", path.read_text() + "a,b\n", "\xff"):
        path.write_text(broken, encoding="latin-1")
        with pytest.raises(InputError, match="a.csv is not a table of detections"):
            read_rows(path)
