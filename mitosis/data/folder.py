"""The user's own images, with labels in any of the formats of ``mitosis.label`` or as masks."""

import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.figure import check_radii, figure_of, inside
from mitosis.data.folder_labels import WORDS, read_labels
from mitosis.data.image_folder import cases_of, find_images
from mitosis.data.record import Record
from mitosis.data.root import checked_root
from mitosis.errors import InputError
from mitosis.image import image_size, read_image, tiff_mpp
from mitosis.label.annotation import Annotation
from mitosis.label.number import finite

COLUMN = "column"
MPP = (0.05, 5.0)
"""Lowest and highest µm per pixel that a field of mitoses can have."""


class Folder(MitosisDataModule):
    """Every labelled image under ``root``, named by its file.

    ``labels``: a file or folder, absolute or below ``root``; None: files beside the images. ``format``: one of
    ``folder_labels.WORDS``. ``case``: folder, name, column, or a regular expression with one group, searched in the
    path below ``root``. ``mpp``: µm per pixel, ``column`` where the csv says it, None where TIFF tags do.
    ``radius_um``: of the disc that a mitosis without pixels or outline of its own gets, ``ring_um``: of the ring round
    it that no loss counts, None for none. ``folds``: as for every dataset, None deals by case.
    """

    def __init__(
        self,
        root: str | None = None,
        labels: str | None = None,
        format: str = "auto",
        case: str = "folder",
        mpp: float | str | None = None,
        radius_um: float = 4.0,
        ring_um: float | None = None,
        folds: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(folds=folds, **kwargs)
        if format not in WORDS:
            raise InputError(f"data.format={format}: choose one of {', '.join(WORDS)}")
        check_radii(radius_um, ring_um)
        if mpp is not None and mpp != COLUMN:
            _check_mpp(mpp, f"data.mpp={mpp}")
        self.root, self.labels, self.format, self.case = root, labels, format, str(case)
        self.mpp, self.radius_um, self.ring_um = mpp, radius_um, ring_um

    def records(self) -> list[Record]:
        """Sorted by name; cells whose centre lies outside their image are dropped, counted in a warning.

        Raises ``InputError``: no such folder, no image, two of one name, no mpp or an absurd one, and as
        ``read_labels`` and ``cases_of``.
        """
        root = checked_root(self.root, "your images").resolve()
        labels = self._place(root)
        masks = self.format in ("auto", "mask")  # other label files may lie among images
        apart = labels if masks and labels and labels.is_dir() and root in labels.parents else None
        images = find_images(root, apart)
        columns = [key for key, value in (("case", self.case), ("mpp", self.mpp)) if value == COLUMN]
        found = read_labels(images, root, labels, self.format, columns)
        labelled = {stem: images[stem] for stem in found.cells}
        cases = cases_of(labelled, root, self.case, found.columns.get("case"))
        mpps = found.columns.get("mpp", {})
        records = [
            self._record(stem, path, cases[stem], self._mpp(path, mpps.get(stem)), found.cells[stem])
            for stem, path in labelled.items()
        ]
        cells = sum(map(len, found.cells.values()))
        if lost := cells - sum(len(record.figures) + len(record.hard_negatives) for record in records):
            warnings.warn(f"{lost} of {cells} labelled cells lie outside their images and are dropped", stacklevel=2)
        return records

    def _place(self, root: Path) -> Path | None:
        if self.labels is None:
            return None
        path = (root / Path(self.labels).expanduser()).resolve()
        if not path.exists():
            raise InputError(f"data.labels={self.labels}: no such file or folder below {root}")
        return None if path == root else path

    def _record(self, stem: str, path: Path, case: str, mpp: float, cells: Sequence[Annotation]) -> Record:
        size = image_size(path)
        radii = {"radius_um": self.radius_um, "ring_um": self.ring_um}
        made = [figure_of(cell, size, mpp=mpp, **radii) for cell in cells if cell.mitotic]
        negatives = [(cell.x, cell.y) for cell in cells if not cell.mitotic and inside(cell, size)]
        return Record(
            field=stem,
            read=partial(read_image, path),
            size=size,
            mpp=mpp,
            case=case,
            slide=case,
            scanner="own",
            figures=tuple(figure for figure in made if figure is not None),
            hard_negatives=np.array(negatives, dtype=np.float64).reshape(-1, 2),
        )

    def _mpp(self, path: Path, told: str | None) -> float:
        if self.mpp == COLUMN:
            mpp = None if told is None else finite(told)
            _check_mpp(mpp, f"data.mpp=column: the labels have mpp={told!r} for {path.name}")
            return float(mpp or 0)
        if self.mpp is not None:
            return float(self.mpp)
        mpp = tiff_mpp(path)
        if mpp is None:
            raise InputError(f"{path} does not tell its resolution; type data.mpp= with µm per pixel, such as 0.25")
        _check_mpp(mpp, f"{path} tells {mpp:.4g} µm per pixel")
        return mpp


def _check_mpp(mpp: object, said: str) -> None:
    lowest, highest = MPP
    if isinstance(mpp, bool) or not isinstance(mpp, int | float) or not lowest <= mpp <= highest:
        raise InputError(f"{said}; type data.mpp= with µm per pixel from {lowest:g} to {highest:g}, such as 0.25")
