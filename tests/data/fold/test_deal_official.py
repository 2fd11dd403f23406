"""Folds of a dataset with an official test part: examples by hand, and properties for any cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.fold.deal import UNPUBLISHED, Official, make_folds
from mitosis.data.fold.lists import split
from mitosis.data.record import Record
from mitosis.errors import InputError

LETTERS = "abcdefghijklm"


def record(field: str) -> Record:
    """``a1`` is field 1 of case a."""
    return Record(field, lambda: np.zeros((1, 1, 3), np.uint8), (1, 1), 0.25, field[0], field[0], "A")


def names(records: tuple[Record, ...]) -> str:
    return " ".join(item.field for item in records)


def test_twelve_cases_by_hand() -> None:
    records = [record(f"{case}1") for case in "abcdefghijkl"]
    lists = make_folds(records, Official(test=frozenset("kl")))
    assert list(lists) == ["0", "1", "2", "3", "4", "official"]
    parts = split(records, "official", lists)
    assert (names(parts.val), names(parts.test), parts.note) == ("a1 f1", "k1 l1", "")
    parts = split(records, 0, lists)
    assert (names(parts.test), names(parts.val)) == ("a1 f1", "b1 g1")
    assert names(parts.train) == "c1 d1 e1 h1 i1 j1"


def test_the_official_val_cases_are_used() -> None:
    records = [record(f"{case}1") for case in "abcdef"]
    parts = split(records, "official", make_folds(records, Official(test=frozenset("f"), val=frozenset("bd"))))
    assert (names(parts.train), names(parts.val), names(parts.test)) == ("a1 c1 e1", "b1 d1", "f1")
    parts = split(records, "official", make_folds(records, Official(test=frozenset("f"), val=frozenset("yz"))))
    assert (names(parts.train), names(parts.val)) == ("b1 c1 d1 e1", "a1")


def test_few_cases_validate_by_field() -> None:
    records = [record(name) for name in ("a1", "a2", "a3", "b1", "b2", "b3", "c1")]
    parts = split(records, "official", make_folds(records, Official(test=frozenset("c"))))
    assert (names(parts.val), names(parts.test)) == ("a1 b3", "c1")


def test_an_absent_test_part_is_noted_and_a_partial_one_refused() -> None:
    records = [record(f"{case}1") for case in "abcd"]
    for official in (UNPUBLISHED, Official(test=frozenset("yz"))):
        parts = split(records, "official", make_folds(records, official))
        assert parts.test_absent
        assert not parts.test
        assert len(parts.train + parts.val) == 4
    with pytest.raises(InputError, match="fold=official: 1 of 2 test fields are not under data.root: z"):
        split(records, "official", make_folds(records, Official(test=frozenset("dz"))))
    with pytest.raises(InputError, match="no field is left for train"):
        split(records, "official", make_folds(records, Official(test=frozenset("abcd"))))


@given(
    st.sets(st.tuples(st.sampled_from(LETTERS), st.integers(1, 3)), min_size=3),
    st.sets(st.sampled_from(LETTERS), min_size=1),
)
def test_no_numbered_fold_touches_the_test_part(fields: set[tuple[str, int]], test: set[str]) -> None:
    records = [record(f"{case}{number}") for case, number in sorted(fields)]
    test &= {item.case for item in records}
    lists = make_folds(records, Official(test=frozenset(test)))
    official = lists.pop("official")
    assert {name[0] for name in official["test"]} == test
    assert sorted(sum(official.values(), [])) == [item.field for item in records]
    training = sorted(official["train"] + official["val"])
    tested = sorted(name for parts in lists.values() for name in parts["test"])
    assert tested == (training if len(training) > 1 else [])  # a single field gives no folds
    for parts in lists.values():
        assert sorted(sum(parts.values(), [])) == training
    if len({item.case for item in records}) >= 10:
        assert not {name[0] for name in official["train"]} & {name[0] for name in official["val"]}
