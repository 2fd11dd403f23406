"""MIDOG++: 503 labelled regions of about 2 mm² of seven tumour types, scanned by five scanners (MIDOG++, 2023)."""

from collections.abc import Sequence
from functools import cached_property

from typing_extensions import override

from mitosis.data.fold.deal import FOLDS, Official
from mitosis.data.fold.lists import OFFICIAL, FoldLists
from mitosis.data.fold.stratify import stratified, terciles
from mitosis.data.inventory import Inventory, Part
from mitosis.data.midog import MIDOG, MPP, named
from mitosis.data.reading.root import checked_root
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.label.midogpp import Slide, read_split

SPLIT = ("datasets_xvalidation.csv",)
SEED = 42
"""The seed of the published folds."""

INVENTORY = Inventory(
    name="MIDOG++",
    fields=503,
    mitoses=11_937,
    hard_negatives=14_349,
    parts=(Part("training", 392, 9470, 11_433), Part("test", 111, 2467, 2916)),
    citation="Aubreville et al., MIDOG++: A Comprehensive Multi-Domain Data Set for Mitotic Figures, 2023",
    licence="CC0",
    where="https://github.com/DeepMicroscopy/MIDOGpp",
    note="553 images, of which 151 to 200 have no labels; the centres of 2 boxes lie outside their images",
    mpp=tuple(MPP[scanner] for scanner in ("Hamamatsu XR", "Hamamatsu S360", "Aperio CS2", "3D Histech")),
)


class MIDOGpp(MIDOG):
    """MIDOG++: regions of seven tumour types.

    Layout: 001.tiff … 553.tiff, ``MIDOG++.json`` and ``datasets_xvalidation.csv`` anywhere under ``root``.

    The csv names the test part and the scanners. Folds 0…4 are the authors' cross-validation: every fold tests on the
    same 111 regions, validates on a different fifth of the training part and trains on the other four fifths. The five
    networks are therefore scored on the same mitoses, and their scores are averaged, not pooled. The fifths are
    stratified by the number of mitoses (in terciles) and drawn as in the authors' training.py (DeepMicroscopy/MIDOGpp).

    Source:
        Aubreville et al., MIDOG++, 2023, https://github.com/DeepMicroscopy/MIDOGpp
    """

    inventory = INVENTORY
    LABELS = ("MIDOG++.json", "MIDOGpp.json")
    UNLABELLED = range(151, 201)  # breast cancers of the Leica GT450

    @override
    def official(self) -> Official:
        return Official(test=frozenset(f"{number:03d}" for number, slide in self._split.items() if slide.test))

    @override
    def lists(self, records: Sequence[Record]) -> FoldLists:
        if self.folds is not None:
            return super().lists(records)
        official = super().lists(records)[OFFICIAL]
        mitoses = {record.field: len(record.figures) for record in records}  # figures outside their image do not count
        training = sorted([*official["train"], *official["val"]])
        count = min(FOLDS, len(training))
        fifths = stratified(terciles([mitoses[name] for name in training]), count, SEED) if training else []
        lists = FoldLists({OFFICIAL: official})
        for fold in range(count):
            parts: dict[str, list[str]] = {"train": [], "val": [], "test": official["test"]}
            for name, fifth in zip(training, fifths, strict=True):
                parts["val" if fifth == fold else "train"].append(name)
            lists[str(fold)] = parts
        return lists

    @override
    def scanner_of(self, number: int) -> str:
        if number not in self._split:
            raise InputError(f"{SPLIT[0]}: no row for image {number}; download it again")
        return self._split[number].scanner.replace("Hamammatsu", "Hamamatsu")  # the file uses both spellings

    @cached_property
    def _split(self) -> dict[int, Slide]:
        return read_split(named(checked_root(self.root, f"{self.LABELS[0]} and {SPLIT[0]}"), SPLIT))
