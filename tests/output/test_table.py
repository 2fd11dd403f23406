"""detections.csv: its header, its rows, names of every kind."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.output.table import HEADER, MITOSIS, OTHER, DetectionRow, rows_of, write_detections


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_by_hand(tmp_path):
    rows = rows_of(
        "a.png",
        np.array([[1.005, 2083.999], [3, 4]]),
        np.array([0.99996, 0.25]),
        np.array([True, False]),
        np.array([6.25, 100]),
        0.227415,
    )
    write_detections(tmp_path / "new" / "detections.csv", rows)
    assert (tmp_path / "new" / "detections.csv").read_bytes().decode() == (
        "image,x,y,score,class,area_um2,mpp\n"
        "a.png,1.00,2084.00,1.0000,mitotic figure,6.25,0.227415\n"
        "a.png,3.00,4.00,0.2500,non-mitotic figure,100.00,0.227415\n"
    )
    assert [row.kind for row in rows] == [MITOSIS, OTHER]


def test_nothing_leaves_the_header_alone_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "detections.csv"
    path.write_text("old\n" * 9)
    write_detections(path, [])
    assert path.read_text() == ",".join(HEADER) + "\n"
    assert rows_of("a.png", np.zeros((0, 2)), np.zeros(0), np.zeros(0, bool), np.zeros(0), 0.25) == []


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError):
        rows_of("a.png", np.zeros((2, 2)), np.zeros(1), np.zeros(2, bool), np.zeros(2), 0.25)


def test_a_failure_leaves_the_table_of_before(tmp_path):
    path = tmp_path / "detections.csv"
    write_detections(path, [])
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        write_detections(path, [DetectionRow("\udcff.png", 0, 0, 0, MITOSIS, 0, 0.25)])
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["detections.csv"]


@given(
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1),
    st.floats(-1e5, 1e5),
    st.floats(0, 1),
)
def test_what_is_written_is_read(tmp_path_factory, name, x, score):
    path = tmp_path_factory.mktemp("table") / "detections.csv"
    write_detections(path, [DetectionRow(name, x, -x, score, MITOSIS, 7.0, 0.25)])
    (row,) = read(path)
    assert tuple(row) == HEADER and row["image"] == name and row["class"] == MITOSIS
    assert float(row["x"]) == pytest.approx(x, abs=0.00501) and float(row["score"]) == pytest.approx(score, abs=5.01e-5)
