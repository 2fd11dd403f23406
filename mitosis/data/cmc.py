"""CMC: 21 whole slides of canine mammary carcinomas, every mitosis in them annotated."""

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from mitosis.data.fold.deal import Official, make_folds
from mitosis.data.fold.lists import OFFICIAL, FoldLists
from mitosis.data.inventory import Inventory, Part
from mitosis.data.record import Record
from mitosis.data.slides import SlideSet
from mitosis.label import sliderunner

TRAIN = (
    "084383c18b9060880e82", "2191a7aa287ce1d5dbc0", "3d3d04eca056556b0b26", "460906c0b1fe17ea5354",
    "4eee7b944ad5e46c60ce", "50cf88e9a33df0c0c8f9", "72c93e042d0171a61012", "a8773be388e12df89edd",
    "c4b95da36e32993289cb", "d0423ef9a648bb66a763", "d37ab62158945f22deed", "d7a8af121d7d4f3fbf01",
    "da18e7b9846e9d38034c", "deb768e5efb9d1dcbc13",
)  # fmt: skip
TEST = (
    "022857018aa597374b6c", "13528f1921d4f1f15511", "2d56d1902ca533a5b509", "69a02453620ade0edefd",
    "b1bdee8e5e3372174619", "e09512d530d933e436d5", "fa4959e484beec77543b",
)  # fmt: skip
FOLDS = ((14, 18, 3, 22, 10, 15, 21), (1, 20, 17, 5, 2, 11, 16), (13, 7, 19, 8, 6, 9, 12))
"""The test slides of the publishers' three folds, by slide number in the databases."""


def _inventory(labels: str, train: tuple[int, int], test: tuple[int, int], note: str = "") -> Inventory:
    return Inventory(
        name=f"CMC, {labels}",
        fields=None,
        mitoses=train[0] + test[0],
        hard_negatives=train[1] + test[1],
        parts=(Part("training", None, *train, TRAIN), Part("test", None, *test, TEST)),
        citation="Aubreville et al., A completely annotated whole slide image dataset of canine breast cancer to aid"
        " human breast cancer research, Scientific Data 7:417 (2020)",
        licence="see figshare",
        where="doi:10.1038/s41597-020-00756-z; https://github.com/DeepMicroscopy/MITOS_WSI_CMC",
        note=note,
        mpp=(0.25,),
    )


class CMC(SlideSet):
    """CMC: whole slides of canine mammary carcinomas.

    Layout: the slides and ``MITOS_WSI_CMC_<labels>.sqlite`` anywhere under ``root``.

    ``fold=official`` tests on the seven slides that the publishers evaluated on. According to their erratum the paper
    wrongly lists fa4959… among the training slides and 4eee7b… among the test slides. ``fold=0``, 1 and 2 are the
    publishers' three folds over all slides, including those of the official test part; fold 0 is the paper's list.

    Args:
        labels: ``MEL`` (labelled by hand), ``ODAEL`` (with cells added that a detector found) or ``CODAEL``
            (clustered, then reviewed).
        kwargs: As for ``SlideSet``.

    Source:
        Aubreville et al., Scientific Data 7:417 (2020), doi:10.1038/s41597-020-00756-z
    """

    NAME = "MITOS_WSI_CMC"
    INVENTORIES = {
        "MEL": _inventory("MEL", (8140, 16_013), (5187, 10_528)),
        "ODAEL": _inventory("ODAEL", (8715, 23_050), (5439, 13_082)),
        "CODAEL": _inventory(
            "CODAEL", (8574, 23_191), (5363, 13_158), "the paper has 13,907 and 36,379: 30 cells are of the other class"
        ),
    }
    CLASSES = {2: True, 1: False}
    SCANNER = "Aperio ScanScope CS2"

    @override
    def official(self) -> Official:
        return Official(test=frozenset(TEST))

    @override
    def lists(self, records: Sequence[Record]) -> FoldLists:
        if self.folds is not None:
            return super().lists(records)
        lists = FoldLists({OFFICIAL: make_folds(records, self.official())[OFFICIAL]})
        numbers = {
            Path(name).stem.lower(): number
            for table in self.databases()
            for name, number in sliderunner.numbers(table).items()
        }
        for fold, chosen in enumerate(FOLDS):
            lists[str(fold)] = _fold(records, {name for name, number in numbers.items() if number in chosen})
        return lists


def _fold(records: Sequence[Record], test: set[str]) -> dict[str, list[str]]:
    """Lists of one fold: every fifth slide outside ``test`` validates.

    A test slide without records is listed by the slide's name, so that ``split`` reports it as missing.
    """
    present = {record.case for record in records}
    others = sorted(present - test)
    parts = {"train": set(others) - set(others[::5]), "val": set(others[::5]), "test": test}
    lists = {part: [record.field for record in records if record.case in cases] for part, cases in parts.items()}
    return lists | {"test": [*lists["test"], *sorted(test - present)]}
