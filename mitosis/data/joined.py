"""Several datasets in one training, with every patient on one side of a fold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold.join import join_folds
from mitosis.data.fold.lists import FoldLists
from mitosis.data.fold.patients import read_patients
from mitosis.data.reading.of_set import naming_set
from mitosis.data.record import Record
from mitosis.errors import InputError


class Joined(MitosisDataModule):
    """Datasets joined for training: the first one gives the folds, the others are added to train.

    The case of a record is its patient. Cases that are one patient in different datasets are listed in
    ``mitosis/data/fold/patients.csv`` and in a csv of the user's; any other case of the first dataset keeps its name,
    and one of another dataset gets the dataset's name before its own. ``join_folds`` describes which fields of a shared
    patient are left out of a fold. Each field keeps its own resolution.

    Args:
        sets: Name → constructor of a dataset, called with the arguments that every dataset takes; two or more.
        patients: A csv with the columns dataset, case and patient. ``dataset`` is a name in ``sets`` or the word of a
            dataset, such as ``icpr2012``.
        kwargs: As for ``MitosisDataModule``, without ``folds``.

    Raises:
        InputError: There are fewer than two datasets, one of them cannot be built, or ``patients`` cannot be read.
    """

    def __init__(
        self, sets: Mapping[str, Callable[..., MitosisDataModule]], patients: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(folds=None, **kwargs)
        if len(sets) < 2:
            raise InputError(f"data.sets: {', '.join(sets) or 'nothing'} is there; join two datasets or more")
        if broken := [name for name, make in sets.items() if not callable(make)]:
            raise InputError(f"data.sets.{broken[0]}: give its _target_, a dataset, and _partial_: true")
        self.sets = {name: self._opened(name, make) for name, make in sets.items()}
        self._read: dict[str, list[Record]] = {}
        self.patients, self.known = patients, read_patients(patients)

    def _opened(self, name: str, make: Callable[..., MitosisDataModule]) -> MitosisDataModule:
        with naming_set(name):
            return make(store=self.store, fold=self.fold, samples_per_epoch=self._samples, batch_size=self.batch_size)

    @property
    @override
    def remark(self) -> str:
        first, *others = self.sets
        own = [dataset.remark for dataset in self.sets.values()]
        return "; ".join(filter(None, [f"the folds are those of {first}; only train has {', '.join(others)}", *own]))

    @override
    def records(self) -> list[Record]:
        """Return the fields of all datasets, with their patients as cases.

        Raises:
            InputError: A dataset cannot be read, or two of them have a field of the same name.
        """
        origin: dict[str, str] = {}
        for name in self.sets:
            for record in self._own(name):
                if (other := origin.setdefault(record.field, name)) != name:
                    raise InputError(
                        f"data.sets: field {record.field} is in {other} and in {name}; rename it in one of them"
                    )
        return [self._with_patient(name, record) for name in self.sets for record in self._own(name)]

    @override
    def lists(self, records: Sequence[Record]) -> FoldLists:
        name = next(iter(self.sets))
        own = {record.field: record for record in self._own(name)}
        first = [record for record in records if record.field in own]
        with naming_set(name):
            lists = self.sets[name].lists([own[record.field] for record in first])
        others = [record for record in records if record.field not in own]
        known = [patient for (dataset, _), patient in self.known.items() if dataset in self._words(name)]
        return join_folds(lists, first, others, known)

    @property
    @override
    def own_fields(self) -> frozenset[str]:
        return frozenset(record.field for record in self._own(next(iter(self.sets))))

    def by_set(self, records: Sequence[Record]) -> dict[str, list[Record]]:
        """The records of each dataset, by its name."""
        fields = {name: {record.field for record in self._own(name)} for name in self.sets}
        return {name: [record for record in records if record.field in own] for name, own in fields.items()}

    def _own(self, name: str) -> list[Record]:
        """The records of a dataset as it reads them; read once, because the folds need those of the first again."""
        if name not in self._read:
            with naming_set(name):
                self._read[name] = self.sets[name].records()
        return self._read[name]

    def _with_patient(self, name: str, record: Record) -> Record:
        words = [word for word in self._words(name) if (word, record.case) in self.known]
        patients = sorted({self.known[word, record.case] for word in words})
        if len(patients) > 1:
            raise InputError(
                f"data.patients={self.patients}: case {record.case} of {' and '.join(words)} is"
                f" {' and '.join(patients)}; give both one patient"
            )
        first = name == next(iter(self.sets))
        return replace(record, case=patients[0] if patients else record.case if first else f"{name}:{record.case}")

    def _words(self, name: str) -> list[str]:
        """What a list of patients may call a dataset: its name here, or its word, which is that of its module."""
        modules = [base.__module__.rpartition(".")[2] for base in type(self.sets[name]).__mro__]
        return list(dict.fromkeys([name, *modules]))
