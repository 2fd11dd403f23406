"""GZMH: 1534 fields of 55 slides, 22 patients, scanned at 0.25 µm per pixel (doi:10.57760/sciencedb.08547)."""

from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.inventory import Inventory, Part
from mitosis.data.record import Record
from mitosis.errors import InputError

INVENTORY = Inventory(
    name="GZMH",
    fields=1534,
    mitoses=2355,
    hard_negatives=None,
    parts=(Part("training", 1192, 1832), Part("test", 342, 523)),
    citation="Journal of Image and Graphics 29(03), 2024, 608-619, doi:10.11834/jig.230332",
    licence="not known",
    where="doi:10.57760/sciencedb.08547",
    note="touching mitoses merge in a mask: published recalls fit 519 of the 523 test mitoses",
)


class GZMH(MitosisDataModule):
    """The GZMH set; its files cannot be read yet."""

    INVENTORY = INVENTORY

    def __init__(self, root: str | None = None, **kwargs: Any) -> None:
        super().__init__(folds="gzmh", **kwargs)
        self.root = root

    def records(self) -> list[Record]:
        """Raises ``InputError``: there is no loader for the set's files."""
        raise InputError("data=gzmh: the loader for GZMH is not there yet; data=icpr2012 and data=synthetic are")
