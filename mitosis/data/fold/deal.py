"""Folds for a dataset that comes without fold lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from mitosis.data.fold.lists import CASES_FOR_VAL, OFFICIAL, FoldLists
from mitosis.data.record import Record

FOLDS = 5
CASES = 3
"""Minimum number of cases for folds by case: at least one each for train, val and test."""


@dataclass(frozen=True)
class Official:
    """A dataset's published split, by case.

    ``test``: the test cases, including those not on disk; all others are for training. ``val``: the training cases that
    validate. If none of them is on disk, every fifth training case validates (in a dataset of fewer than 10 cases,
    every fifth training field).
    """

    test: frozenset[str]
    val: frozenset[str] = frozenset()


UNPUBLISHED = Official(test=frozenset({"unpublished"}))
"""The split of a dataset whose test part, or its labels, was never published: all records are for training."""


def make_folds(records: Sequence[Record], official: Official | None = None) -> FoldLists:
    """Make five folds, or as many as there are cases, from the cases in alphabetical order.

    Fold k tests on the cases k, k + 5, k + 10 …, validates on the case after each of them and trains on the rest. With
    fewer than three cases the folds are made of fields instead and marked ``by_field``. Nothing is random, but one
    more case may move all others; the lists in your own csv never change. With ``official`` there is also a fold of
    that name, and the numbered folds are made within its training part. A test case without a record is listed by the
    case's name, so that ``split`` reports it as missing.
    """
    if official is not None:
        return _with_official(records, official)
    cases = sorted({record.case for record in records})
    by_field = len(cases) < CASES
    groups = sorted(record.field for record in records) if by_field else cases
    count = min(FOLDS, len(groups))
    number = {group: index % count for index, group in enumerate(groups)}
    lists = FoldLists()
    for fold in range(count):
        parts = {fold: "test", (fold + 1) % count: "val"} if count > 1 else {}
        lists[str(fold)] = {"train": [], "val": [], "test": []}
        for record in records:
            group = record.field if by_field else record.case
            lists[str(fold)][parts.get(number[group], "train")].append(record.field)
    lists.by_field = frozenset(lists) if by_field else frozenset()
    return lists


def _with_official(records: Sequence[Record], official: Official) -> FoldLists:
    training = [record for record in records if record.case not in official.test]
    test = [record for record in records if record.case in official.test]
    cases = sorted({record.case for record in training})
    if official.val.intersection(cases):
        val = {record.field for record in training if record.case in official.val}
    elif len({record.case for record in records}) >= CASES_FOR_VAL:
        val = {record.field for record in training if record.case in cases[::5]}
    else:
        val = set(sorted(record.field for record in training)[::5])
    lists = make_folds(training)
    lists[OFFICIAL] = {
        "train": [record.field for record in training if record.field not in val],
        "val": [record.field for record in training if record.field in val],
        "test": [record.field for record in test] + sorted(official.test - {record.case for record in test}),
    }
    return lists
