"""A small subset of a dataset, for trying things out."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, zip_longest

from mitosis.data.fold.lists import Parts
from mitosis.data.record import Record


def subset(parts: Parts, limit: int) -> Parts:
    """Reduce each part to at most ``limit`` fields, taken from the cases in turn, those with mitoses first.

    The note records this, since scores on a few fields are not scores on the dataset.
    """
    sizes = [len(records) for records in (parts.train, parts.val, parts.test)]
    if max(sizes) <= limit:
        return parts
    train, val, test = (_few(records, limit) for records in (parts.train, parts.val, parts.test))
    taken = f"data.limit={limit}: {len(train)}, {len(val)} and {len(test)} of {sizes[0]}, {sizes[1]} and {sizes[2]}"
    note = f"{taken} fields for train, val and test"
    return Parts(train, val, test, f"{parts.note}; {note}" if parts.note else note, parts.test_absent)


def _few(records: Sequence[Record], limit: int) -> tuple[Record, ...]:
    by_case: dict[str, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda record: (not record.figures, record.field)):
        by_case[record.case].append(record)
    in_turn = chain.from_iterable(zip_longest(*(by_case[case] for case in sorted(by_case))))
    few = [record for record in in_turn if record is not None][:limit]
    return tuple(sorted(few, key=lambda record: record.field))
