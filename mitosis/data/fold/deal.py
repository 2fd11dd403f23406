"""Folds for a dataset that brings no lists of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from mitosis.data.fold.lists import CASES_FOR_VAL, OFFICIAL, FoldLists
from mitosis.data.record import Record

FOLDS = 5
CASES = 3
"""From so many cases on they are kept apart: one at least for each of train, val and test."""


@dataclass(frozen=True)
class Official:
    """A set's own split, by case. ``test``: also those cases that are not at hand; all others are for training.

    ``val``: training cases that validate; where none of them is at hand, every fifth case does (in a set of fewer than
    10 cases every fifth training field).
    """

    test: frozenset[str]
    val: frozenset[str] = frozenset()


UNPUBLISHED = Official(test=frozenset({"unpublished"}))
"""A set whose test part, or its labels, was never published: all that is at hand is for training."""


def make_folds(records: Sequence[Record], official: Official | None = None) -> FoldLists:
    """Five folds, or as many as there are cases, made of the cases in alphabetical order.

    Fold k tests on the cases k, k + 5, k + 10 …, validates on those after them and trains on the rest. With fewer than
    three cases they are made of fields instead (``by_field`` says so). No chance is involved, but a further case may
    move all others: lists in a csv of your own stay as they are. With ``official`` there is a fold of that name, and
    the others are made inside its training part; a test case without a record is in the list by the case's name, so
    that ``split`` misses it.
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
