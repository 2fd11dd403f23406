"""Folds for a dataset that brings no lists of its own."""

from collections.abc import Sequence

from mitosis.data.fold import FoldLists
from mitosis.data.record import Record

FOLDS = 5
CASES = 3
"""From so many cases on they are kept apart: one at least for each of train, val and test."""


def dealt(records: Sequence[Record]) -> FoldLists:
    """Five folds, or as many as there are cases, dealt out by the cases' names in alphabetical order.

    Fold k tests on the cases k, k + 5, k + 10 …, validates on those after them and trains on the rest. With fewer than
    three cases fields are dealt instead (``by_field`` says so). No chance is involved, but a further case may move all
    others: lists in a csv of your own stay as they are. There is no official fold.
    """
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
