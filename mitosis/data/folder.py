"""Your own images, with labels in any format of ``mitosis.label`` or as masks."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mitosis.data.point_labelled import PointLabelled
from mitosis.data.reading.cells import cells_of, check_some_inside, warn_of_lost
from mitosis.data.reading.folder_labels import WORDS, read_labels
from mitosis.data.reading.image_folder import cases_of, find_images
from mitosis.data.reading.plausible import check_plausible
from mitosis.data.reading.root import checked_root
from mitosis.data.reading.size import checked_size
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.agreement import agreed_mpp, check_mpp_from
from mitosis.image.file import read_image
from mitosis.image.mpp import check_mpp
from mitosis.image.remarks import PAGES, TURNED, remarks
from mitosis.image.stated import Stated, stated_mpp
from mitosis.image.telling import warn_of_images
from mitosis.label.kind import ClassNames
from mitosis.label.number import finite

COLUMN, CLASSES = "column", "data.classes"


class Folder(PointLabelled):
    """Your own images: every labelled image under ``root``, named after its file.

    Args:
        root: Folder that holds the images.
        labels: Label file or folder, absolute or relative to ``root``. None looks for label files next to the images.
        format: Format of the labels, one of ``folder_labels.WORDS``.
        case: How to find the patient of an image: ``folder``, ``name`` (each image is a case), ``column`` (of the
            csv), or a regular expression with one group that is searched in the path relative to ``root``.
        mpp: Resolution in µm per pixel; ``column`` reads it from the csv, None from the TIFF files.
        mpp_from: Which is right if ``mpp`` and the files contradict: ``typed`` or ``file``. None refuses them.
        classes: What class names mean, as for ``ClassNames``.
        folds: As for ``MitosisDataModule``; None makes folds by case.
        kwargs: As for ``PointLabelled``.

    Raises:
        InputError: ``format``, ``mpp``, ``mpp_from`` or ``classes`` is not valid.
    """

    def __init__(
        self,
        root: str | None = None,
        labels: str | None = None,
        format: str = "auto",
        case: str = "folder",
        mpp: float | str | None = None,
        mpp_from: str | None = None,
        classes: Mapping[Any, Any] | None = None,
        folds: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(root, folds=folds, **kwargs)
        if format not in WORDS:
            raise InputError(f"data.format={format}: choose one of {', '.join(WORDS)}")
        if mpp is not None and mpp != COLUMN:
            check_mpp(mpp, f"data.mpp={mpp}")
        check_mpp_from(mpp_from, "data.mpp_from")
        ClassNames(classes, CLASSES)
        self.mpp_from, self.classes = mpp_from, classes
        self.labels, self.format, self.case, self.mpp = labels, format, str(case), mpp

    def records(self) -> list[Record]:
        """Return one record per labelled image, sorted by name.

        Cells whose centre lies outside their image are left out, and a warning counts them.

        Raises:
            InputError: The folder does not exist or holds no image, two images have the same name, all cells lie
                outside their images, or the mpp is missing or implausible; also as ``read_labels``,
                ``check_plausible`` and ``cases_of``.
        """
        root = checked_root(self.root, "your images").resolve()
        labels = self._place(root)
        masks = self.format in ("auto", "mask")  # other label files may lie among images
        apart = labels if masks and labels and labels.is_dir() and root in labels.parents else None
        images = find_images(root, apart)
        columns = [key for key, value in (("case", self.case), ("mpp", self.mpp)) if value == COLUMN]
        content = read_labels(images, root, labels, self.format, columns, ClassNames(self.classes, CLASSES))
        labelled = {stem: images[stem] for stem in content.cells}
        cases = cases_of(labelled, root, self.case, content.columns.get("case"))
        mpps = content.columns.get("mpp", {})
        records, lost, told = [], [], []
        for stem, path in labelled.items():
            size = checked_size(path, content.sizes.get(stem))
            mpp, remark = self._mpp(path, mpps.get(stem), content.mpp.get(stem))
            told.append(remark)
            cells = cells_of(content.cells[stem], size, mpp=mpp, radius_um=self.radius_um, ring_um=self.ring_um)
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
        check_some_inside(lost, sum(map(len, content.cells.values())), labels or root)
        warn_of_lost(lost)
        check_plausible(records, content.cells)
        warn_of_images("differ in what is said of their resolution", told)
        own = {path: remarks(path) for path in labelled.values()}
        for what in (TURNED, PAGES):
            warn_of_images(what, [str(path) if what in found else "" for path, found in own.items()])
        return records

    def _place(self, root: Path) -> Path | None:
        if self.labels is None:
            return None
        path = (root / Path(self.labels).expanduser()).resolve()
        if not path.exists():
            raise InputError(f"data.labels={self.labels}: no such file or folder below {root}")
        return None if path == root else path

    def _mpp(self, path: Path, listed: str | None, of_labels: float | None) -> tuple[float, str]:
        """The resolution of an image, and one line on what differs from it.

        ``listed``: its text in the column of the labels. ``of_labels``: what its label file says on its own.
        """
        typed = None if self.mpp is None or self.mpp == COLUMN else float(self.mpp)
        if self.mpp == COLUMN:
            number = None if listed is None else finite(listed)
            typed = check_mpp(number, f"data.mpp=column: the labels have mpp={listed!r} for {path.name}")
        stated = stated_mpp(path)
        if of_labels is not None:
            stated.append(Stated("its labels", of_labels, of_labels))
        mpp, remark = agreed_mpp(path, typed, stated, self.mpp_from, "data.mpp")
        if mpp is None:
            raise InputError(f"{path} does not give its resolution; type data.mpp= with µm per pixel, such as 0.25")
        return check_mpp(mpp, f"{path} has {mpp:.4g} µm per pixel"), remark
