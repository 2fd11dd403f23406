"""Another dataset than that of a training, to test on: every field of patients that were not trained on."""

from collections.abc import Collection
from dataclasses import dataclass

from mitosis.data.cache.store import FieldStore
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold.lists import ALL, Parts
from mitosis.data.fold.patients import read_patients
from mitosis.data.fold.subset import subset
from mitosis.data.joined import Joined
from mitosis.data.record import Record


@dataclass(frozen=True, eq=False)
class OtherData:
    """A dataset whose fields are all in test.

    Attributes:
        parts: Its fields; train and val are empty.
        store: Reads and normalises them.
        fold: Always ``all``.
    """

    parts: Parts
    store: FieldStore
    fold: str = ALL


def as_test(
    data: MitosisDataModule, fields: Collection[str], patients: Collection[str], limit: int | None
) -> OtherData:
    """All labelled fields of a dataset but those that were trained on; the note says how many these are.

    Args:
        data: The dataset; its folds do not matter.
        fields: Names of the fields that were trained or chosen on.
        patients: Their patients, as ``patients_of`` names them; those that are not known here can be missing.
        limit: Maximum number of fields; None takes all.
    """
    records = {record.field: record for _, own in _sets(data) for record in own}
    patient = patients_of(data)
    kept = [one for name, one in sorted(records.items()) if name not in fields and patient[name] not in patients]
    left_out = len(records) - len(kept)
    note = "every labelled field of another dataset than that of the training"
    note += f", but {left_out} of patients or fields that were trained on" if left_out else ""
    parts = Parts((), (), tuple(kept), "; ".join(filter(None, (note, data.remark))))
    return OtherData(parts if limit is None else subset(parts, limit), data.store)


def patients_of(data: MitosisDataModule) -> dict[str, str]:
    """Field → patient; a known patient of several datasets has one name in all of them."""
    known = read_patients()
    return {
        record.field: known.get((word, record.case), f"{word}:{record.case}")
        for word, records in _sets(data)
        for record in records
    }


def _sets(data: MitosisDataModule) -> list[tuple[str, list[Record]]]:
    """The word of each of its datasets, which is that of its module, and its records."""
    sets = data.sets.values() if isinstance(data, Joined) else (data,)
    return [(type(one).__module__.rpartition(".")[2], one.records()) for one in sets]
