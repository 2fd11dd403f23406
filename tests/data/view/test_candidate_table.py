"""candidates.csv: round trips, and errors that name broken rows."""

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitosis.data.record import MitoticFigure, Record
from mitosis.data.view.candidate_table import (
    CandidateRow,
    by_field,
    labelled_cells,
    read_candidates,
    write_candidates,
)
from mitosis.errors import InputError

numbers = st.floats(0, 1e5, allow_nan=False).map(lambda value: round(value, 4))
names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
rows = st.builds(
    CandidateRow,
    field=names,
    x=numbers,
    y=numbers,
    area_um2=numbers,
    mean=numbers,
    max=numbers,
    label=st.sampled_from([-1, 0, 1]),
    segmenter=st.text("0123456789abcdef", min_size=16, max_size=16),
    seen=st.sampled_from(["seen", "unseen"]),
)


@settings(max_examples=60, deadline=None)
@given(candidates=st.lists(rows, max_size=6))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, candidates: list[CandidateRow]) -> None:
    path = tmp_path_factory.getbasetemp() / "candidates.csv"
    write_candidates(path, candidates)
    assert read_candidates(path) == candidates


def row(field: str = "f", x: float = 1.0, label: int = 0, seen: str = "unseen") -> CandidateRow:
    return CandidateRow(field, x, 2.0, 20.0, 0.5, 0.9, label, "0" * 16, seen)


@pytest.mark.parametrize("name", ["with, comma", 'with "quotes"', "with space", "a\nb", "a\u2028b", "é", "-1"])
def test_any_field_name_is_written_and_read(tmp_path: Path, name: str) -> None:
    candidates = [row(name), row("next")]
    write_candidates(tmp_path / "candidates.csv", candidates)
    assert read_candidates(tmp_path / "candidates.csv") == candidates


@pytest.mark.parametrize(
    "broken",
    [
        "f,1,2,20,0.5,0.9,0,00",  # one column too few
        "f,1,2,20,0.5,0.9,0,00,seen,more",
        "f,one,2,20,0.5,0.9,0,00,seen",
        "f,nan,2,20,0.5,0.9,0,00,seen",
        "f,1,2,20,0.5,inf,0,00,seen",
        "f,1,2,20,0.5,0.9,2,00,seen",
        "f,1,2,20,0.5,0.9,1.0,00,seen",
        "f,1,2,20,0.5,0.9,0,00,perhaps",
        "f,1,2,20,0.5,0.9,0,00,",
        "f",
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "candidates.csv"
    write_candidates(path, [row(), row()])
    path.write_text(path.read_text() + broken + "\n")
    with pytest.raises(InputError, match=r"candidates\.csv, line 4: not a candidate; .*mitosis\.propose"):
        read_candidates(path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "candidates.csv"
    with pytest.raises(InputError, match=r"candidates\.csv: no such file; .*mitosis\.propose"):
        read_candidates(path)
    for content in (b"", b"x,y\n1,2\n", b"\xff\xfe\x00"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"candidates\.csv"):
            read_candidates(path)


def test_an_empty_table_is_valid(tmp_path: Path) -> None:
    write_candidates(tmp_path / "candidates.csv", [])
    assert read_candidates(tmp_path / "candidates.csv") == []
    assert by_field([]) == {}


def test_unseen_candidates_replace_the_seen_ones_of_their_field() -> None:
    candidates = by_field(
        [
            row("both", x=1, label=1, seen="seen"),
            row("both", x=2, label=0, seen="unseen"),
            row("seen", x=3, label=1, seen="seen"),
            row("seen", x=4, label=-1, seen="seen"),
            row("both", x=5, label=1, seen="unseen"),
        ]
    )
    assert [(one.x, one.label) for one in candidates["both"]] == [(2, 0), (5, 1)]
    assert [(one.x, one.label) for one in candidates["seen"]] == [(3, 1), (4, -1)]


def test_numbers_keep_four_decimals(tmp_path: Path) -> None:
    write_candidates(tmp_path / "candidates.csv", [row(x=math.pi)])
    assert read_candidates(tmp_path / "candidates.csv")[0].x == 3.1416


def test_labelled_cells_stand_in_for_candidates() -> None:
    figure = MitoticFigure(np.array([[2, 3], [4, 3]]))
    read = partial(np.zeros, (8, 8, 3), np.uint8)
    labelled = Record("a", read, (8, 8), 0.25, "c", "s", "A", (figure,), hard_negatives=np.array([[6.0, 1.5]]))
    found = labelled_cells([labelled, Record("b", read, (8, 8), 0.25, "c", "s", "A", ())])
    assert [(one.x, one.y, one.label) for one in found["a"]] == [(3, 3, 1), (6, 1.5, 0)]
    assert found["b"] == []
    assert by_field(found["a"]) == {"a": found["a"]}, "none is dropped"
