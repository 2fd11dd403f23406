"""MIDOG 2021: 150 labelled regions of about 2 mm² of human breast cancer, scanned by three scanners."""

from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.deal import UNPUBLISHED, Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.midogpp import read_records
from mitosis.data.record import Record

UNLABELLED = range(151, 201)
"""Regions of the Leica GT450, given out without labels: they are no negatives."""


def cases(first: int, last: int) -> tuple[str, ...]:
    """The names of a range of MIDOG's regions, both ends in it."""
    return tuple(f"{number:03d}" for number in range(first, last + 1))


INVENTORY = Inventory(
    name="MIDOG 2021",
    fields=150,
    mitoses=1721,
    hard_negatives=2714,
    parts=(
        Part("Hamamatsu XR", 50, 451, 724, cases(1, 50)),
        Part("Hamamatsu S360", 50, 582, 1066, cases(51, 100)),
        Part("Aperio CS2", 50, 688, 924, cases(101, 150)),
    ),
    citation="Aubreville et al., Mitosis domain generalization in histopathology images: the MIDOG challenge,"
    " arXiv:2204.03742",
    licence="CC BY-NC-ND",
    where="https://zenodo.org/record/4643381",
    note="200 images, of which 151 to 200 have no labels; the test part was not given out",
)


class MIDOG21(MitosisDataModule):
    """The regions 001.tiff … 150.tiff with ``MIDOG.json``, anywhere under ``root``; each is a case of its own.

    The challenge's test part was never given out. ``radius_um``: of the disc that a mitosis becomes. Reading:
    ``mitosis.data.midogpp.read_records``.
    """

    INVENTORY = INVENTORY

    def __init__(self, root: str | None = None, radius_um: float = 4.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.root, self.radius_um = root, radius_um

    def records(self) -> list[Record]:
        return read_records(self.root, ("MIDOG.json",), UNLABELLED, scanner_of, self.radius_um)

    def official(self) -> Official:
        return UNPUBLISHED


def scanner_of(number: int) -> str:
    """The scanner of a region of MIDOG 2021."""
    scanners = ("Hamamatsu XR", "Hamamatsu S360", "Aperio CS2", "Leica GT450")
    return scanners[(number - 1) // 50] if 1 <= number <= 200 else "unknown"
