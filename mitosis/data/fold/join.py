"""The folds of several datasets together: those of the first one, with the others in train."""

from collections.abc import Collection, Sequence

from mitosis.data.fold.lists import ALL, PARTS, FoldLists, by_cadence, val_by_case
from mitosis.data.record import Record


def join_folds(
    lists: FoldLists, first: Sequence[Record], others: Sequence[Record], patients: Collection[str] = ()
) -> FoldLists:
    """Add the records of other datasets to the train parts of the first one's folds, and to ``all``.

    The case of every record is its patient, over all datasets. Left out of a fold are all other records of a patient
    that has a field in test, or in val but not in train: where the first dataset shares its patients between train and
    val, so may the others. If a test field is not on disk, its patient is not known, and all other records of the first
    dataset's patients are left out.

    Args:
        lists: The folds of the first dataset.
        first: Its records.
        others: The records of the other datasets.
        patients: Patients of the first dataset besides those of its records.

    Returns:
        The folds, with the same ``by_field``, and whether val keeps cases apart decided by the first dataset alone.
    """
    case = {record.field: record.case for record in first}
    by_case = val_by_case(first, lists)
    val = by_cadence(first).val
    whole = {"train": [name for name in case if name not in {record.field for record in val}], "test": []}
    whole["val"] = [record.field for record in val]
    joined, without = FoldLists(), dict[str, list[str]]()
    for fold, parts in {**lists, ALL: whole}.items():
        held = {part: {case[name] for name in parts[part] if name in case} for part in PARTS}
        left_out = held["test"] | (held["val"] - held["train"])
        if not case.keys() >= set(parts["test"]):
            left_out |= {*case.values(), *patients}
        further = [record.field for record in others if record.case not in left_out]
        without[fold] = [record.field for record in others if record.case in left_out]
        joined[fold] = {"train": [*parts["train"], *further], "val": list(parts["val"]), "test": list(parts["test"])}
    joined.by_field, joined.val_by_case, joined.left_out = lists.by_field, by_case, without
    return joined
