"""ICPR 2012 MITOS: 50 fields of 5 slides, every mitosis annotated with all of its pixels (ICPR contest)."""

import os
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import override

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold.lists import OFFICIAL, read_folds
from mitosis.data.inventory import Inventory, Part
from mitosis.data.reading.root import checked_root
from mitosis.data.reading.subtraction import read_subtraction_mask
from mitosis.data.record import MitoticFigure, Record
from mitosis.errors import InputError
from mitosis.image.file import image_size, read_image
from mitosis.image.walk import files_under
from mitosis.label.pixels import read_rows

MPP = {"A": 0.2456, "H": (0.2273 + 0.22753) / 2}
"""Scanner → µm per pixel. A: Aperio XT. H: Hamamatsu NanoZoomer, the mean of two axes that differ by 0.1 %."""
FOLDS = ("slide", "image")
MASKS = ("csv", "subtraction")
LOSSLESS = (".bmp", ".png", ".tif", ".tiff")
JPEG = (".jpg", ".jpeg")
_STEM = re.compile(r"[AH]\d\d_\d\d")

INVENTORY = Inventory(
    name="ICPR 2012 MITOS",
    fields=35,
    mitoses=226,
    hard_negatives=None,
    parts=(Part("training", 35, 226), Part("test", 15, 101)),
    citation="ICPR 2012 contest on mitosis detection in breast cancer histological images (MITOS)",
    licence="not stated",
    where="http://ludo17.free.fr/mitos_2012/",
    note="the 15 evaluation fields are given out apart; their csvs hold 101 mitoses, other lists count 100 and 103",
    mpp=tuple(MPP.values()),
)
"""The counts are the same for both scanners."""


class ICPR2012(MitosisDataModule):
    """ICPR 2012 MITOS: HPFs of human breast cancer, every mitosis annotated pixel by pixel.

    Layout: the contest's folders ``A00_v2`` … under ``root``; ``read_records`` describes the files.

    Args:
        root: Folder that holds the contest's folders.
        scanner: ``A`` (Aperio) or ``H`` (Hamamatsu).
        folds: ``slide`` leaves one slide out per fold; ``image`` makes folds of single fields.
        masks: ``csv`` takes the masks from the csvs. ``subtraction`` takes the pixels where a field and its painted
            copy differ (``mitosis.data.reading.subtraction``); scores still count the mitoses of the csvs.
        grey_threshold: With ``masks="subtraction"``: a pixel belongs to the mask if it differs by more than this many
            grey levels, 0 to 254.
        kwargs: As for ``MitosisDataModule``.

    Raises:
        InputError: ``folds``, ``masks`` or ``grey_threshold`` is not valid.

    Source:
        ICPR 2012 contest on mitosis detection, http://ludo17.free.fr/mitos_2012/
    """

    inventory = INVENTORY

    def __init__(
        self,
        root: str | None = None,
        scanner: str = "A",
        folds: str = "slide",
        masks: str = "csv",
        grey_threshold: int = 120,
        **kwargs: Any,
    ) -> None:
        for key, value, known in (("folds", folds, FOLDS), ("masks", masks, MASKS)):
            if value not in known:
                raise InputError(f"data.{key}={value}: choose one of {', '.join(known)}")
        if not 0 <= grey_threshold < 255:
            raise InputError(f"data.grey_threshold={grey_threshold}: give a grey level from 0 to 254")
        super().__init__(folds=f"icpr2012-{folds}:{scanner}", **kwargs)
        self.root, self.scanner = root, scanner
        self.subtract = grey_threshold if masks == "subtraction" else None

    @override
    def records(self) -> list[Record]:
        return read_records(self.root, self.scanner, self.subtract)


def read_records(root: str | os.PathLike[str] | None, scanner: str, subtract: int | None = None) -> list[Record]:
    """Read one record per field ``[AH]<slide>_<HPF>`` of ``scanner`` anywhere under ``root``, sorted by name.

    A field is an image and a csv (one row per mitosis: x,y,x,y,… of its pixels, 0-based from the top left). A ``.jpg``
    next to a lossless image is the same image with the mitoses painted over. It is never used as the field; it is read
    only to make the masks, if ``subtract``, a grey level, is given. A field belongs to the evaluation part if a folder
    between ``root`` and the image has "evaluation" in its name; that part may be absent.
    Raises ``InputError`` if the folder does not exist or holds no field, an image has no csv or a csv no image, a field
    has two images or csvs, a lone ``.jpg`` is painted, a csv is broken, or a training field is in the evaluation part.
    """
    if scanner not in MPP:
        raise InputError(f"data.scanner={scanner}: choose A (Aperio) or H (Hamamatsu)")
    root = checked_root(root, "A00_v2 … A04_v2")
    images, tables = _find(root)
    stems = sorted(stem for stem in images.keys() | tables.keys() if stem.startswith(scanner))
    if not stems:
        others = sorted({stem[0] for stem in images})
        hint = f"; fields of scanner {others[0]} are there: data.scanner={others[0]}" if others else ""
        raise InputError(
            f"data.root={root}: no field of scanner {scanner}; looked in all folders for {scanner}00_00 …"
            f" {scanner}04_09 as .bmp, .png, .tif or .jpg with a .csv{hint}"
        )
    lists = read_folds(f"icpr2012-slide:{scanner}")[OFFICIAL]
    training = {*lists["train"], *lists["val"]}
    records = [_record(stem, images[stem], tables[stem], root, stem in training) for stem in stems]
    if subtract is None:
        return records
    return [replace(record, read_mask=_subtraction(record.field, images[record.field], subtract)) for record in records]


def _subtraction(stem: str, images: list[Path], grey_threshold: int) -> Callable[[], np.ndarray]:
    lossless = [path for path in images if path.suffix.lower() in LOSSLESS]
    painted = [path for path in images if path.suffix.lower() in JPEG]
    if not (lossless and painted):
        raise InputError(
            f"{images[0]}: data.masks=subtraction needs both, {stem}.bmp and its painted copy {stem}.jpg; type"
            " data.masks=csv to do without"
        )
    return partial(read_subtraction_mask, lossless[0], painted[0], grey_threshold)


def _record(stem: str, images: list[Path], tables: list[Path], root: Path, training: bool) -> Record:
    if not images:
        raise InputError(f"{tables[0]}: no image {stem}.bmp (.png, .tif, .jpg) anywhere under {root}")
    lossless = [path for path in images if path.suffix.lower() in LOSSLESS]
    clean = lossless or images
    if not tables:
        raise InputError(f"{clean[0]}: no {stem}.csv anywhere under {root}; a field without mitoses has an empty one")
    for paths in (clean, tables):
        if len(paths) > 1:
            raise InputError(f"two files of one field: {paths[0]} and {paths[1]}; remove one of them")
    image, table = clean[0], tables[0]
    if training and any("evaluation" in folder.lower() for folder in image.relative_to(root).parts[:-1]):
        raise InputError(
            f"{image}: {stem} is one of the contest's training fields, not of the evaluation part; move it"
        )
    size = image_size(image)
    figures = read_figures(table, size)
    if not lossless:
        _refuse_painted(image, figures)
    slide = stem.split("_")[0]
    return Record(
        field=stem,
        read=partial(read_image, image),
        size=size,
        mpp=MPP[stem[0]],
        case=slide,
        slide=slide,
        scanner=stem[0],
        figures=figures,
    )


def read_figures(path: Path, size: tuple[int, int]) -> tuple[MitoticFigure, ...]:
    """Read the rows of one csv as mitoses; ``size`` is the (height, width) of the field.

    Raises ``InputError`` as ``mitosis.label.pixels.read_rows``, also for a pixel outside the field.
    """
    return tuple(MitoticFigure(row) for row in read_rows(path, size))


def _refuse_painted(image: Path, figures: tuple[MitoticFigure, ...]) -> None:
    """``InputError`` if the mitoses are painted yellow.

    The contest paints them (255, 255, 0), which its JPEGs store as R > 200, G > 200, B < 110. Tissue never is.
    """
    if not figures:
        return
    x, y = np.concatenate([figure.pixels for figure in figures]).T
    red, green, blue = read_image(image)[y, x].T
    if ((red > 200) & (green > 200) & (blue < 110)).mean() > 0.5:
        raise InputError(
            f"{image}: its mitoses are painted yellow, it is not the field; put {image.stem}.bmp beside it"
        )


def _find(root: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Images and csvs under ``root``, grouped by stem; each list is sorted."""
    images: dict[str, list[Path]] = defaultdict(list)
    tables: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(files_under(root)):
        suffix = path.suffix.lower()
        if not _STEM.fullmatch(path.stem):
            continue
        if suffix in LOSSLESS + JPEG:
            images[path.stem].append(path)
        elif suffix == ".csv":
            tables[path.stem].append(path)
    return images, tables
