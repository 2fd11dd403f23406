"""Splits by hand, refusals, the fold lists of ICPR 2012 and the halves for cross-fitting."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.fold import lists as fold
from mitosis.data.fold.lists import FoldLists, check_same_fields, halves, names_of, read_folds, split
from mitosis.data.record import MitoticFigure, Record
from mitosis.errors import InputError

# Published counts of the training part: slide → HPF: mitoses.
INVENTORY = {
    "00": {"01": 5, "02": 2, "03": 2, "04": 3, "05": 1, "06": 4, "07": 1, "09": 3},
    "01": {"00": 8, "01": 4, "02": 11, "03": 11, "05": 6, "07": 9, "08": 7},
    "02": {"02": 4, "04": 4, "05": 3, "06": 3, "08": 6, "09": 5},
    "03": {"02": 17, "03": 11, "05": 13, "06": 11, "07": 8, "08": 9, "09": 13},
    "04": {"00": 2, "01": 6, "02": 5, "04": 11, "05": 9, "06": 5, "08": 4},
}
MITOSES = {f"{slide}_{hpf}": n for slide, fields in INVENTORY.items() for hpf, n in fields.items()}
EVALUATION = {f"{s}_{h:02d}" for s in INVENTORY for h in range(10) if f"{h:02d}" not in INVENTORY[s]}
FIGURE = MitoticFigure(np.zeros((1, 2), dtype=np.int32))


def record(field: str, case: str = "", mitoses: int = 0) -> Record:
    case = case or field[:3]
    return Record(field, lambda: np.zeros((1, 1, 3), np.uint8), (1, 1), 0.25, case, case, "A", (FIGURE,) * mitoses)


def names(records) -> list[str]:
    return [item.field for item in records]


def lists(train: str, val: str, test: str, name: str = "0") -> FoldLists:
    return FoldLists({name: {"train": train.split(), "val": val.split(), "test": test.split()}})


def test_split_by_hand():
    records = [record(name) for name in ("A02_1", "A00_1", "A00_2", "A01_1")]
    parts = split(records, 0, lists("A00_1 A01_1", "A00_2", "A02_1"))
    assert [names(part) for part in (parts.train, parts.val, parts.test)] == [["A00_1", "A01_1"], ["A00_2"], ["A02_1"]]
    assert parts.note == ""
    assert not parts.test_absent


def test_a_users_lists_are_read_from_a_csv(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("fold,part,field\n0,train,a\n0,val,b\n0,test,c\n")
    assert read_folds(str(path)) == lists("a", "b", "c")
    path.write_text("\ufefffold,part,field\n0,train,a\n0,val,b\n0,test,c\n", encoding="utf-8")  # as Excel writes it
    assert read_folds(str(path)) == lists("a", "b", "c")
    path.write_bytes("fold,part,field\n0,train,Präparat\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"mine.csv: not readable as a csv in UTF-8"):
        read_folds(str(path))
    path.write_text("")
    with pytest.raises(InputError, match=r"mine.csv: no column field, fold, part$"):
        read_folds(str(path))
    with pytest.raises(InputError, match=r"^data.folds=nowhere/mine.csv: no such file$"):
        read_folds("nowhere/mine.csv")


def test_a_changed_fold_is_refused():
    then = names_of(split([record(name) for name in ("a1", "b1", "c1")], 0, lists("a1", "b1", "c1")))
    assert then == {"train": ["a1"], "val": ["b1"]}
    more = [record(name) for name in ("a1", "b1", "c1", "d1")]
    check_same_fields(split(more, 0, lists("a1", "b1", "c1 d1")), then, "run")  # a larger test part does not matter
    check_same_fields(split(more, 0, lists("d1", "b1", "a1")), None, "run")
    with pytest.raises(InputError, match=r"^run: the fold is not that of its training, d1 was not in train then; "):
        check_same_fields(split(more, 0, lists("a1 d1", "b1", "c1")), then, "run")
    with pytest.raises(InputError, match=r"^run: .*, b1 was in val then; "):
        check_same_fields(split(more, 0, lists("a1", "c1", "b1")), then | {"val": ["b1", "c1"]}, "run")


def test_the_error_for_an_unknown_fold_lists_the_known_ones():
    with pytest.raises(InputError, match=r"^fold=7: .*choose 0, 1, 2, 3, 4, official, all$"):
        split([], "7", read_folds("icpr2012-slide"))


def test_an_absent_official_test_part_is_noted_and_a_partial_one_refused():
    listed = lists("A00_1", "A00_2", "A00_3 A00_4 A00_5 A00_6", "official")
    parts = split([record("A00_1"), record("A00_2")], "official", listed)
    assert parts.test == ()
    assert parts.test_absent
    assert "no test figure" in parts.note
    with pytest.raises(InputError, match="3 of 4 test fields are not under data.root: A00_3, A00_5, A00_6$"):
        split([record("A00_1"), record("A00_2"), record("A00_4")], "official", listed)


@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_missing_fields_of_a_numbered_fold_are_named(part):
    listed = lists("A0_1", "A0_2", "A1_1")
    listed["0"][part] += ["A9_1", "A9_2", "A9_3", "A9_4"]
    with pytest.raises(InputError, match=f"4 of 5 {part} fields are not under data.root: A9_1, A9_2, A9_3, …"):
        split([record("A0_1"), record("A0_2"), record("A1_1")], 0, listed)


@pytest.mark.parametrize(("train", "val"), [("A00_1", "A01_1"), ("A01_1", "A00_1")])
def test_a_case_on_both_sides_is_refused(train, val):
    records = [record("A00_1"), record("A00_2"), record("A01_1")]
    with pytest.raises(InputError, match="case A00 is in both train and test"):
        split(records, 0, lists(train, val, "A00_2"))


def test_folds_by_field_may_share_cases_with_a_note_but_never_fields():
    records = [record("A00_1"), record("A00_2"), record("A00_3")]
    listed = lists("A00_1", "A00_2", "A00_3")
    listed.by_field = frozenset("0")
    assert "A00 have fields in train and in test" in split(records, 0, listed).note
    listed["0"]["test"].append("A00_2")
    with pytest.raises(InputError, match="field A00_2 is in both train and test"):
        split(records, 0, listed)
    listed["0"]["train"].append("A00_2")
    with pytest.raises(InputError, match="field A00_2 is in both train and val"):
        split(records, 0, listed)


@pytest.mark.parametrize(("cases", "refused"), [(9, False), (10, True)])
def test_from_ten_cases_on_val_shares_no_case_with_train(cases, refused):
    records = [record(f"A{case:02d}_{n}") for case in range(cases) for n in (1, 2)]
    train, val = ([item.field for item in records if item.field[-1] == n] for n in "12")
    listed = FoldLists({"0": {"train": train, "val": val, "test": []}})
    if refused:
        with pytest.raises(InputError, match="case A00 is in both train and val"):
            split(records, 0, listed)
    else:
        assert len(split(records, 0, listed).val) == cases


def test_fields_in_no_list_are_left_out_with_a_warning_and_used_by_all():
    records = [record("A00_1"), record("A00_2"), record("A05_1"), record("A05_2")]
    listed = lists("A00_1", "A00_2", "")
    with pytest.warns(UserWarning, match=r"^2 field\(s\) are in no fold list and are left out: A05_1"):
        parts = split(records, 0, listed)
    assert names(parts.train + parts.val + parts.test) == ["A00_1", "A00_2"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        everything = split(records, "all", listed)
        split(records[:2], 0, FoldLists(listed | lists("A05_1", "", "", "1")))  # fields of other folds are known
    assert names(everything.val) == ["A00_1"]
    assert names(everything.train) == ["A00_2", "A05_1", "A05_2"]


def test_all_takes_every_fifth_field_or_case_for_val():
    few = [record(f"A00_{n:02d}") for n in range(12)]
    parts = split(few, "all", FoldLists())
    assert names(parts.val) == ["A00_00", "A00_05", "A00_10"]
    assert len(parts.train) == 9
    assert parts.test == ()
    many = [record(f"A{case:02d}_{n}") for case in range(11) for n in (1, 2)]
    parts = split(reversed(many), "all", FoldLists())
    assert [item.case for item in parts.val] == ["A00", "A00", "A05", "A05", "A10", "A10"]


def test_records_that_cannot_be_split_are_refused():
    with pytest.raises(InputError, match="field A00_1 is there twice"):
        split([record("A00_1"), record("A00_2"), record("A00_1")], "all", FoldLists())
    with pytest.raises(InputError, match="no field is left for train"):
        split([record("A00_1")], "all", FoldLists())
    with pytest.raises(InputError, match="no field is left for val"):
        split([record("A00_1")], 0, lists("A00_1", "", ""))


@pytest.mark.parametrize("scanner", ["A", "H"])
@pytest.mark.parametrize("name", ["icpr2012-slide", "icpr2012-image"])
def test_the_committed_lists_of_icpr2012(name, scanner):
    listed = read_folds(f"{name}:{scanner}")
    assert set(listed) == {"official", *"01234"}
    assert {item[1:] for item in listed["official"]["test"]} == EVALUATION
    assert len(EVALUATION) == 15
    for parts in listed.values():
        flat = [item for part in parts.values() for item in part]
        assert len(flat) == len(set(flat))
        assert all(item[0] == scanner for item in flat)
        assert {item[1:] for item in flat} - EVALUATION == set(MITOSES)
        val, train = (sum(MITOSES[item[1:]] for item in parts[part]) for part in ("val", "train"))
        assert 0.15 <= val / (val + train) <= 0.20
        assert 5 <= len(parts["val"]) <= 6
    tests = [item for k in "01234" for item in listed[k]["test"]]
    assert sorted(item[1:] for item in tests) == sorted(MITOSES)
    if name == "icpr2012-slide":
        assert listed.by_field == {"official"}
        assert all({item[1:3] for item in listed[k]["test"]} == {f"0{k}"} for k in "01234")
        assert all(len({item[:3] for item in listed[k]["val"]}) == 4 for k in "01234")
    else:
        assert listed.by_field == {"official", *"01234"}
        assert all(len(listed[k]["test"]) == 7 for k in "01234")
        assert all({item[1:3] for item in listed[k]["test"]} == set(INVENTORY) for k in "01234")


def test_faulty_list_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fold, "FOLDS", tmp_path)
    (tmp_path / "plain.csv").write_text("fold,part,field\n0,train,a\n0,val,b\n")
    plain = read_folds("plain")
    assert plain == {"0": {"train": ["a"], "val": ["b"], "test": []}}
    assert plain.by_field == frozenset()
    with pytest.raises(InputError, match="'nothing'; there are plain"):
        read_folds("nothing")
    for text, message in {
        "fold,field\n0,a\n": "no column part",
        "fold,part,field\n0,tests,a\n": "part 'tests'",
        "fold,part,field,group\n0,train,a,case\n0,val,b,field\n": "fold 0 has the groups",
        "fold,part,field,group\n0,train,a,patient\n": "fold 0 has the groups",
    }.items():
        (tmp_path / "broken.csv").write_text(text)
        with pytest.raises(InputError, match=message):
            read_folds("broken")


def test_halves_by_hand():
    cases = {"A00": 21, "A01": 56, "A02": 25, "A04": 42}
    first, second = halves([record(f"{case}_1", mitoses=n) for case, n in cases.items()])
    assert (names(first), names(second)) == (["A00_1", "A01_1"], ["A02_1", "A04_1"])  # 77 : 67
    first, second = halves([record("A00_1", mitoses=1), record("A00_2", mitoses=5), record("A00_3", mitoses=3)])
    assert (names(first), names(second)) == (["A00_2"], ["A00_1", "A00_3"])  # one case: by field
    with pytest.raises(InputError, match="crossfit=none"):
        halves([record("A00_1")])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=2, max_size=20), st.randoms())
def test_halves_are_disjoint_complete_balanced_and_independent_of_order(fields, random):
    records = [record(f"A{case:02d}_{n:02d}", mitoses=mitoses) for n, (case, mitoses) in enumerate(fields)]
    first, second = halves(records)
    assert first
    assert second
    assert sorted(names(first + second)) == sorted(names(records))
    by_case = len({item.case for item in records}) > 1
    key = (lambda item: item.case) if by_case else (lambda item: item.field)
    assert not {key(item) for item in first} & {key(item) for item in second}
    loads = [sum(len(item.figures) for item in half) for half in (first, second)]
    largest = max(sum(len(r.figures) for r in records if key(r) == group) for group in map(key, records))
    assert abs(loads[0] - loads[1]) <= largest
    shuffled = random.sample(records, len(records))
    assert {item.field for item in halves(shuffled)[0]} == set(names(first))
