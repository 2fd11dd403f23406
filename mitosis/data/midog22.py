"""MIDOG 2022: 354 labelled regions of about 2 mm² of five tumour types, human and canine."""

from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.deal import UNPUBLISHED, Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.midog21 import cases
from mitosis.data.midog21 import scanner_of as scanner_of_breast
from mitosis.data.midogpp import read_records
from mitosis.data.record import Record

UNLABELLED = range(355, 406)
"""Human melanomas, given out without labels: they are no negatives."""
LABELS = ("MIDOG2022_training.json", "MIDOG2022_training_png.json")

INVENTORY = Inventory(
    name="MIDOG 2022",
    fields=354,
    mitoses=9501,
    hard_negatives=11_051,
    parts=(
        Part("human breast cancer", 150, 1721, None, cases(1, 150)),
        Part("canine lung cancer", 44, 855, None, cases(151, 194)),
        Part("canine lymphoma", 55, 3959, None, cases(195, 249)),
        Part("canine cutaneous mast cell tumour", 50, 2327, None, cases(250, 299)),
        Part("human neuroendocrine tumour", 55, 639, None, cases(300, 354)),
    ),
    citation="Aubreville et al., Domain generalization across tumor types, laboratories, and species: insights from the"
    " 2022 edition of the Mitosis Domain Generalization Challenge, arXiv:2309.15589",
    licence="see the record on Zenodo",
    where="https://zenodo.org/record/6547151",
    note="405 images, of which 355 to 405 have no labels; the test part was not given out; numbers differ from MIDOG++",
)


class MIDOG22(MitosisDataModule):
    """The regions 001.tiff … 354.tiff with ``MIDOG2022_training.json``, anywhere under ``root``; each is its own case.

    The challenge's test part was never given out. ``radius_um``: of the disc that a mitosis becomes. Reading:
    ``mitosis.data.midogpp.read_records``.
    """

    INVENTORY = INVENTORY

    def __init__(self, root: str | None = None, radius_um: float = 4.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.root, self.radius_um = root, radius_um

    def records(self) -> list[Record]:
        return read_records(self.root, LABELS, UNLABELLED, scanner_of, self.radius_um)

    def official(self) -> Official:
        return UNPUBLISHED


def scanner_of(number: int) -> str:
    """The scanner of a region of MIDOG 2022. The json does not tell: 2021's for the breast cancers, MIDOG++'s else."""
    if number <= 150:
        return scanner_of_breast(number)
    last = {249: "3D Histech", 299: "Aperio CS2", 405: "Hamamatsu XR"}
    return next((scanner for end, scanner in last.items() if number <= end), "unknown")
