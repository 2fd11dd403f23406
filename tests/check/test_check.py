"""Each check finds all problems of its kind, and none in a correct dataset."""

from typing import Any

import numpy as np
import pytest
from checked import bad, dots, record

from mitosis.check.check import Finding, check_counts, check_folds, check_labels
from mitosis.data.fold.deal import make_folds
from mitosis.data.fold.lists import FoldLists, read_folds
from mitosis.data.inventory import Inventory, Part


def test_correct_labels_give_no_finding() -> None:
    assert bad(check_labels([record(figures=dots((0, 0), (95, 95)), others=[[-0.5, 95.4], [3.5, 4]])])) == {}
    assert bad(check_labels([record()])) == {}
    assert len(check_labels([])) == 3


def test_labels_outside_their_image_are_all_counted() -> None:
    one = record("a", figures=dots((1, 1), (96, 1), (1, -1)))
    other = record("b", others=[[95.5, 2.0], [2.0, 2.0], [float("nan"), 1]])
    result = bad(check_labels([one, other]))["labels outside"]
    assert (result.verdict, result.count) == ("error", 4)
    assert result.first == "a, mitosis 2: pixel (96, 1) of an image 96 x 96"


def test_several_labels_at_one_point_are_found() -> None:
    records = [record("a", figures=dots((1, 2), (3, 4), (1, 2)), others=[[3, 4]]), record("b", figures=dots((1, 2)))]
    result = bad(check_labels(records))["several labels"]
    assert (result.verdict, result.count, result.first) == ("warning", 2, "a: 2 at (1, 2)")


@pytest.mark.parametrize("mpp", [None, 0, -0.25, 25, 0.00025, float("nan"), float("inf"), "0.25"])
def test_an_implausible_resolution_is_an_error(mpp: Any) -> None:
    result = bad(check_labels([record(mpp=0.25), record("b", mpp=mpp)]))["µm per"]
    assert (result.verdict, result.count, result.first) == ("error", 1, f"b: {mpp} µm per pixel")
    assert bad(check_labels([record(mpp=np.float32(0.25))])) == {}


def fold_lists(**parts: str) -> FoldLists:
    """Fold 0, with one-letter field names for each part."""
    return FoldLists({"0": {part: list(parts.get(part, "")) for part in ("train", "val", "test")}})


def test_correct_folds_give_no_finding() -> None:
    records = [record(f"{case}{index}", case) for case in "abcdefghijkl" for index in range(2)]
    assert bad(check_folds(records, make_folds(records))) == {}
    assert bad(check_folds(records[:4], make_folds(records[:4]))) == {}  # two cases: folds by field


def test_a_case_in_two_parts_is_an_error() -> None:
    records = [record(name, name.lower()) for name in "aAbBc"]
    lists = fold_lists(train="ab", val="c", test="AB")
    result = bad(check_folds(records, lists))
    assert result.keys() == {"cases in"}
    assert (result["cases in"].verdict, result["cases in"].count) == ("error", 2)
    assert result["cases in"].first == "fold 0: case a"
    lists.by_field = frozenset("0")
    assert bad(check_folds(records, lists)) == {}
    many = [
        record(name, name.lower()) for name in "aAbcdefghij"
    ]  # from ten cases on, val shares no case with train either
    result = bad(check_folds(many, fold_lists(train="abcdefgh", val="Ai", test="j")))
    assert result["cases in"].count == 1


def test_missing_fields_and_unlisted_fields_are_found() -> None:
    records = [record(name, name) for name in "abcx"]
    result = bad(check_folds(records, fold_lists(train="ad", val="b", test="c")))
    assert (result["folds that"].verdict, result["folds that"].count) == ("warning", 1)
    assert "1 of 2 train fields are not under data.root: d" in result["folds that"].first
    result = bad(check_folds(records, fold_lists(train="a", val="b", test="c")))
    assert result.keys() == {"fields in"}
    assert "1 field(s)" in result["fields in"].first


def published(*parts: Part) -> Inventory:
    return Inventory("Set", 3, 4, None, parts, citation="", licence="", where="", note="some were dropped")


RECORDS = [
    record("a", "1", dots((1, 1), (2, 2)), [[3, 3]]),
    record("b", "1", dots((1, 1))),
    record("c", "2", dots((1, 1))),
]


def test_counts_without_an_inventory() -> None:
    (finding,) = check_counts(RECORDS, None, FoldLists())
    assert finding == Finding("counts", "ok", 0, "3 fields, 4 mitoses, 1 hard negatives; no published inventory")


def test_counts_of_the_whole_dataset() -> None:
    (finding,) = check_counts(RECORDS, published(), FoldLists())
    assert finding == Finding("Set", "ok", 0, "3/3 fields, 4/4 mitoses")
    (finding,) = check_counts(RECORDS[1:], published(), FoldLists())
    assert finding == Finding("Set", "warning", 2, "2/3 fields, 2/4 mitoses (some were dropped)")


def test_counts_of_parts_by_case() -> None:
    inventory = published(
        Part("training", 2, 3, 1, cases=("1",)), Part("test", 1, 2, cases=("2",)), Part("later", 9, 9, cases=("3",))
    )
    first, second = check_counts(RECORDS, inventory, FoldLists())
    assert first == Finding("Set, training", "ok", 0, "2/2 fields, 3/3 mitoses, 1/1 hard negatives")
    assert second == Finding("Set, test", "warning", 1, "1/1 fields, 1/2 mitoses (some were dropped)")
    *_, further = check_counts([*RECORDS, record("d", "4")], inventory, FoldLists())
    assert further == Finding("fields in no published part", "warning", 1, "d")


def test_counts_of_parts_by_the_official_fold() -> None:
    lists = FoldLists({"official": {"train": ["a"], "val": ["b"], "test": ["c"]}})
    inventory = published(Part("training", 2, 3), Part("test", 1, 1))
    assert [finding.first for finding in check_counts(RECORDS, inventory, lists)] == [
        "2/2 fields, 3/3 mitoses",
        "1/1 fields, 1/1 mitoses",
    ]
    (finding,) = check_counts(RECORDS[:2], inventory, lists)  # the test part is published separately
    assert finding.check == "Set, training"
    assert finding.verdict == "ok"


def test_lists_marked_by_field_may_share_slides() -> None:
    lists = read_folds("icpr2012-slide:A")
    fields = [*lists["official"]["train"], *lists["official"]["val"], *lists["official"]["test"]]
    assert bad(check_folds([record(name, name[:3]) for name in fields], lists)) == {}
