"""GZMH: 1534 fields of 55 slides, 22 patients, scanned at 0.25 µm per pixel (doi:10.57760/sciencedb.08547)."""

from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Record
from mitosis.errors import InputError


class GZMH(MitosisDataModule):
    """The GZMH set; its files cannot be read yet."""

    def __init__(self, root: str | None = None, **kwargs: Any) -> None:
        super().__init__(folds="gzmh", **kwargs)
        self.root = root

    def records(self) -> list[Record]:
        """Raises ``InputError``: there is no loader for the set's files."""
        raise InputError("data=gzmh: the loader for GZMH is not there yet; data=icpr2012 and data=synthetic are")
