"""The labels of fields as one digest, which tells whether they have changed since a step was done."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence

from mitosis.data.record import Record
from mitosis.errors import InputError


def labels_of(records: Iterable[Record]) -> str:
    """SHA-256 of the centroids and look-alikes by field, to a hundredth of a pixel; the order does not matter.

    Args:
        records: The fields.

    Returns:
        64 hexadecimal digits.
    """
    table = {}
    for record in records:
        points = (record.centroids.tolist(), record.hard_negatives.tolist())
        table[record.field] = [sorted([round(x, 2), round(y, 2)] for x, y in part) for part in points]
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()


def changed_since(then: str | None, read: Callable[[], Sequence[Record]]) -> bool:
    """Whether the labels differ from those of a finished step.

    Args:
        then: The digest that the step has stored; None if it was done by an earlier version.
        read: Reads the records.

    Returns:
        False also where ``then`` is not known or the fields are not there any more: what stands cannot be checked.
    """
    if then is None:
        return False
    try:
        return labels_of(read()) != then
    except (InputError, OSError):
        return False
