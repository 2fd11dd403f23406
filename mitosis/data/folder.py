"""The user's own images, with labels in any of the formats of ``mitosis.label`` or as masks."""

from functools import partial
from pathlib import Path
from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.reading.cells import cells_of, warn_of_lost
from mitosis.data.reading.figure import check_radii
from mitosis.data.reading.folder_labels import WORDS, read_labels
from mitosis.data.reading.image_folder import cases_of, find_images
from mitosis.data.reading.root import checked_root
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.file import image_size, read_image, tiff_mpp
from mitosis.image.mpp import check_mpp
from mitosis.label.number import finite

COLUMN = "column"


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
            check_mpp(mpp, f"data.mpp={mpp}")
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
        records, lost = [], []
        for stem, path in labelled.items():
            size, mpp = image_size(path), self._mpp(path, mpps.get(stem))
            cells = cells_of(found.cells[stem], size, mpp=mpp, radius_um=self.radius_um, ring_um=self.ring_um)
            lost += [(stem, cell) for cell in cells.lost]
            records.append(
                Record(
                    field=stem,
                    read=partial(read_image, path),
                    size=size,
                    mpp=mpp,
                    case=cases[stem],
                    slide=cases[stem],
                    scanner="own",
                    figures=cells.figures,
                    hard_negatives=cells.hard_negatives,
                )
            )
        warn_of_lost(lost)
        return records

    def _place(self, root: Path) -> Path | None:
        if self.labels is None:
            return None
        path = (root / Path(self.labels).expanduser()).resolve()
        if not path.exists():
            raise InputError(f"data.labels={self.labels}: no such file or folder below {root}")
        return None if path == root else path

    def _mpp(self, path: Path, told: str | None) -> float:
        if self.mpp == COLUMN:
            mpp = None if told is None else finite(told)
            return check_mpp(mpp, f"data.mpp=column: the labels have mpp={told!r} for {path.name}")
        if self.mpp is not None:
            return float(self.mpp)
        mpp = tiff_mpp(path)
        if mpp is None:
            raise InputError(f"{path} does not tell its resolution; type data.mpp= with µm per pixel, such as 0.25")
        return check_mpp(mpp, f"{path} tells {mpp:.4g} µm per pixel")
