"""The folds of joined datasets, worked out by hand, and that no patient is on two sides of any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.fold.deal import make_folds
from mitosis.data.fold.join import join_folds
from mitosis.data.fold.lists import ALL, FoldLists, halves, split
from mitosis.data.record import Record
from mitosis.errors import InputError


def records(*names: str) -> list[Record]:
    """Records of fields such as ``p_1`` of patient p."""
    return [
        Record(name, lambda: np.zeros((1, 1, 3), np.uint8), (1, 1), 0.25, name.partition("_")[0], "s", "A")
        for name in names
    ]


def lists(train: str, val: str, test: str, fold: str = "0") -> FoldLists:
    return FoldLists({fold: {"train": train.split(), "val": val.split(), "test": test.split()}})


FIRST = records("a_1", "a_2", "b_1", "b_2", "c_1")
OTHERS = records("a_x", "b_x", "c_x", "d_x")


def test_a_patient_in_test_is_left_out_and_one_whose_fields_val_shares_with_train_is_not() -> None:
    joined = join_folds(lists("a_1 b_1", "a_2 b_2", "c_1"), FIRST, OTHERS)
    assert joined["0"] == {"train": ["a_1", "b_1", "a_x", "b_x", "d_x"], "val": ["a_2", "b_2"], "test": ["c_1"]}
    assert joined.left_out["0"] == ["c_x"]
    parts = split([*FIRST, *OTHERS], 0, joined)
    assert [record.field for record in parts.train] == ["a_1", "b_1", "a_x", "b_x", "d_x"]
    assert parts.note == "1 further field(s) of patients in its val or test part are left out of fold 0"


def test_a_patient_that_only_validates_is_left_out() -> None:
    joined = join_folds(lists("a_1 a_2", "b_1 b_2", "c_1"), FIRST, OTHERS)
    assert joined["0"]["train"] == ["a_1", "a_2", "a_x", "d_x"]
    assert joined.left_out["0"] == ["b_x", "c_x"]


def test_a_fold_by_field_leaves_out_every_patient_that_is_tested() -> None:
    by_field = lists("a_1 b_1", "c_1", "a_2 b_2")
    by_field.by_field = frozenset("0")
    joined = join_folds(by_field, FIRST, OTHERS)
    assert joined["0"]["train"] == ["a_1", "b_1", "d_x"]  # c only validates
    assert joined.by_field == {"0"}
    note = "fold 0 is drawn by field: a, b have fields in train and in test; 3 further field(s) of patients"
    assert split([*FIRST, *OTHERS], 0, joined).note.startswith(note)


def test_a_test_part_that_is_not_on_disk_leaves_out_every_patient_of_the_first_dataset() -> None:
    absent = lists("a_1 a_2 b_1", "b_2", "unknown_1", "official")
    joined = join_folds(absent, FIRST[:4], OTHERS, patients=["c"])
    assert joined["official"]["train"] == ["a_1", "a_2", "b_1", "d_x"]
    parts = split([*FIRST[:4], *OTHERS], "official", joined)
    assert parts.test_absent
    assert parts.note.startswith("the official test part is not under data.root: no test figure; 3 further field(s)")


def test_all_validates_on_the_first_dataset_alone() -> None:
    joined = join_folds(lists("a_1", "b_1", "c_1"), FIRST, OTHERS)
    assert joined[ALL] == {
        "train": ["a_2", "b_1", "b_2", "c_1", "a_x", "b_x", "c_x", "d_x"],
        "val": ["a_1"],
        "test": [],
    }
    parts = split([*FIRST, *OTHERS], ALL, joined)
    assert [record.field for record in parts.val] == ["a_1"]


def test_many_further_patients_do_not_forbid_val_to_share_its_patients() -> None:
    many = records(*(f"m{number}_1" for number in range(12)))
    joined = join_folds(lists("a_1 b_1", "a_2 b_2", "c_1"), FIRST, many)
    assert joined.val_by_case is False
    assert len(split([*FIRST, *many], 0, joined).train) == 14


def test_ten_patients_in_the_first_dataset_keep_val_apart() -> None:
    many = records(*(f"m{number}_{field}" for number in range(10) for field in "01"))
    joined = join_folds(make_folds(many), many, records("m0_x", "m9_x"))
    assert joined.val_by_case is True
    assert "m0_x" not in joined["0"]["train"]  # tested
    assert "m0_x" not in joined["4"]["train"]  # validated
    assert {"m0_x", "m9_x"} <= set(joined["1"]["train"])  # fold 1 tests m1, m6 and validates on m2, m7
    assert joined[ALL]["val"] == ["m0_0", "m0_1", "m5_0", "m5_1"]
    assert "m0_x" not in joined[ALL]["train"]


def test_fields_of_the_first_dataset_in_no_list_are_still_reported() -> None:
    joined = join_folds(lists("a_1 a_2", "b_1", "c_1"), FIRST, OTHERS)
    with pytest.warns(UserWarning, match=r"^1 field\(s\) are in no fold list and are left out: b_2 …$"):
        split([*FIRST, *OTHERS], 0, joined)


def test_an_unknown_fold_is_refused_with_each_fold_once() -> None:
    joined = join_folds(lists("a_1", "b_1", "c_1"), FIRST, OTHERS)
    with pytest.raises(InputError, match=r"^fold=7: there is no such fold; choose 0, all$"):
        split(FIRST, 7, joined)


NAMES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), min_size=1, max_size=30, unique=True)


@given(NAMES, NAMES)
def test_no_patient_is_on_two_sides(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    first = records(*(f"{patient}_{field}" for patient, field in one))
    others = records(*(f"{patient}_x{field}" for patient, field in other))
    own = make_folds(first)
    joined = join_folds(own, first, others)
    case = {record.field: record.case for record in [*first, *others]}
    for fold, parts in joined.items():
        train, val, test = ({case[name] for name in parts[part]} for part in ("train", "val", "test"))
        further = {case[name] for name in parts["train"] if "x" in name}
        assert not further & test
        if fold not in joined.by_field:
            assert not (train | val) & test
        if joined.val_by_case:
            assert not train & val
        named = {*parts["train"], *parts["val"], *parts["test"], *joined.left_out[fold]}
        assert named == set(case)
        if len(parts["train"]) > 1:
            sides = halves([record for record in [*first, *others] if record.field in parts["train"]])
            if len(train) > 1:
                assert not {record.case for record in sides[0]} & {record.case for record in sides[1]}
    assert {fold: parts["test"] for fold, parts in joined.items() if fold != ALL} == {f: own[f]["test"] for f in own}
