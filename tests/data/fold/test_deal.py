"""Folds made by case: examples by hand, and properties for any cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.fold.deal import make_folds
from mitosis.data.fold.lists import split
from mitosis.data.record import Record
from mitosis.errors import InputError


def record(field: str) -> Record:
    """``a1`` is field 1 of case a."""
    return Record(field, lambda: np.zeros((1, 1, 3), np.uint8), (1, 1), 0.25, field[0], field[0], "A")


def test_six_cases_by_hand() -> None:
    lists = make_folds([record(name) for name in ("b1", "a1", "a2", "c1", "d1", "e1", "f1")])
    assert list(lists) == ["0", "1", "2", "3", "4"]
    assert not lists.by_field
    assert lists["0"] == {"test": ["a1", "a2", "f1"], "val": ["b1"], "train": ["c1", "d1", "e1"]}
    assert lists["4"] == {"test": ["e1"], "val": ["a1", "a2", "f1"], "train": ["b1", "c1", "d1"]}


def test_three_cases_make_three_folds() -> None:
    lists = make_folds([record(name) for name in ("a1", "b1", "c1")])
    assert list(lists) == ["0", "1", "2"]
    assert lists["2"] == {"test": ["c1"], "val": ["a1"], "train": ["b1"]}


def test_two_cases_give_folds_by_field_with_a_note() -> None:
    records = [record(name) for name in ("a1", "a2", "a3", "b1", "b2", "b3")]
    parts = split(records, 0, make_folds(records))
    assert [item.field for item in parts.test] == ["a1", "b3"]
    assert parts.note == "fold 0 is drawn by field: a, b have fields in train and in test"


def test_a_single_field_gives_no_folds() -> None:
    with pytest.raises(InputError, match="no field is left for val"):
        split([record("a1")], 0, make_folds([record("a1")]))


@given(st.sets(st.tuples(st.sampled_from("abcdefghijklm"), st.integers(1, 4)), min_size=3))
def test_each_field_is_tested_once_and_no_case_is_on_two_sides(names: set[tuple[str, int]]) -> None:
    records = [record(f"{case}{number}") for case, number in sorted(names)]
    lists = make_folds(records)
    tested = sorted(field for parts in lists.values() for field in parts["test"])
    assert tested == sorted(item.field for item in records)
    for fold in lists:
        parts = split(records, fold, lists)
        assert len(parts.train) + len(parts.val) + len(parts.test) == len(records)
