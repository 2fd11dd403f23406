"""ICPR 2012 MITOS: 50 fields of 5 slides, every mitosis annotated with all of its pixels (ICPR contest)."""

import os
import re
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold import OFFICIAL, read_folds
from mitosis.data.inventory import Inventory, Part
from mitosis.data.painted import read_subtraction_mask
from mitosis.data.record import MitoticFigure, Record
from mitosis.errors import InputError
from mitosis.slide import image_size, read_image

MPP = {"A": 0.2456, "H": (0.2273 + 0.22753) / 2}
"""Scanner → µm per pixel: Aperio XT; Hamamatsu NanoZoomer, whose two axes differ by 0.1 %, their mean."""
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
)
"""The same for each scanner."""


class ICPR2012(MitosisDataModule):
    """The contest's fields of one scanner under ``root``; ``scanner``: A (Aperio) or H (Hamamatsu).

    ``folds``: ``slide`` leaves one slide out per fold, ``image`` deals single fields out. ``masks``: ``csv``, or
    ``subtraction``: what differs by more than ``grey_threshold`` grey levels between a field and its painted copy
    (``mitosis.data.painted``); the mitoses to be found are the csv's either way. Reading: ``read_records``.
    """

    INVENTORY = INVENTORY

    def __init__(
        self,
        root: str | None = None,
        scanner: str = "A",
        folds: str = "slide",
        masks: str = "csv",
        grey_threshold: int = 120,
        **kwargs: Any,
    ) -> None:
        for key, word, words in (("folds", folds, FOLDS), ("masks", masks, MASKS)):
            if word not in words:
                raise InputError(f"data.{key}={word}: choose one of {', '.join(words)}")
        if not 0 <= grey_threshold < 255:
            raise InputError(f"data.grey_threshold={grey_threshold}: give a grey level from 0 to 254")
        super().__init__(folds=f"icpr2012-{folds}:{scanner}", **kwargs)
        self.root, self.scanner = root, scanner
        self.subtract = grey_threshold if masks == "subtraction" else None

    def records(self) -> list[Record]:
        return read_records(self.root, self.scanner, self.subtract)


def read_records(root: str | os.PathLike | None, scanner: str, subtract: int | None = None) -> list[Record]:
    """One record per field ``[AH]<slide>_<HPF>`` of ``scanner`` anywhere under ``root``, sorted by name.

    A field is an image and a csv (one row per mitosis: x,y,x,y,… of its pixels, 0-based from the top left). The
    contest's ``.jpg`` beside a lossless image is that image with the mitoses painted over: it is never the field, and
    is read only with ``subtract``, a grey level, to make the masks. A field lies in the evaluation part when a folder
    between ``root`` and it has "evaluation" in its name; it may be absent.
    Raises ``InputError`` for: no such folder, no field in it, an image without csv and the reverse, two images or csvs
    of one field, a lone ``.jpg`` that is painted, a broken csv, a training field in the evaluation part.
    """
    if scanner not in MPP:
        raise InputError(f"data.scanner={scanner}: choose A (Aperio) or H (Hamamatsu)")
    root = _checked(root)
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
            f"{images[0]}: data.masks=subtraction wants both, {stem}.bmp and its painted copy {stem}.jpg; type"
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
    """The rows of one csv as mitoses; ``size``: (height, width) of its field.

    Commas and blanks at a row's end and empty lines are passed over; an empty file has no mitosis; ``606.0`` is 606.
    Raises ``InputError`` naming file and row: not a whole number, an odd count, a pixel outside the field.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as a csv ({error})") from error
    rows = ((number, line.rstrip(", \t")) for number, line in enumerate(lines, start=1))
    return tuple(_figure(line, size, f"{path}, row {number}") for number, line in rows if line)


def _figure(line: str, size: tuple[int, int], where: str) -> MitoticFigure:
    texts = line.split(",")
    try:
        values = np.array(list(map(float, texts)))
    except ValueError:
        index, text = next((i, text) for i, text in enumerate(texts, start=1) if not _is_number(text))
        raise InputError(f"{where}: value {index}, {text.strip()!r}, is not a number") from None
    if len(values) % 2:
        raise InputError(f"{where}: {len(values)} values; x,y pairs are an even count")
    pixels = values.reshape(-1, 2)
    height, width = size
    inside = ((pixels >= 0) & (pixels < (width, height))).all(axis=1)  # false for nan and infinity too
    if not inside.all():
        x, y = pixels[~inside][0]
        raise InputError(f"{where}: pixel ({x:g}, {y:g}) lies outside the field of {width} x {height} (width x height)")
    if (pixels % 1).any():
        raise InputError(f"{where}: {pixels[pixels % 1 > 0][0]:g} is not a whole number of pixels")
    return MitoticFigure(pixels.astype(np.int32))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _refuse_painted(image: Path, figures: tuple[MitoticFigure, ...]) -> None:
    """The contest paints a mitosis (255, 255, 0); in its JPEGs that is R > 200, G > 200, B < 110. No tissue is."""
    if not figures:
        return
    x, y = np.concatenate([figure.pixels for figure in figures]).T
    red, green, blue = read_image(image)[y, x].T
    if ((red > 200) & (green > 200) & (blue < 110)).mean() > 0.5:
        raise InputError(
            f"{image}: its mitoses are painted yellow, it is not the field; put {image.stem}.bmp beside it"
        )


def _checked(root: str | os.PathLike | None) -> Path:
    if not root:
        raise InputError("data.root=DIR is not set: DIR is the folder that holds A00_v2 … A04_v2")
    path = Path(root).expanduser()
    if path.is_file():
        packed = zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
        raise InputError(f"data.root={path} is {'an archive: unpack it' if packed else 'a file'}; give the folder")
    if not path.is_dir():
        raise InputError(f"data.root={path}: no such folder")
    return path


def _find(root: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Images and csvs under ``root`` by stem, each list sorted."""
    images: dict[str, list[Path]] = defaultdict(list)
    tables: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(_files(root)):
        suffix = path.suffix.lower()
        if not _STEM.fullmatch(path.stem):
            continue
        if suffix in LOSSLESS + JPEG:
            images[path.stem].append(path)
        elif suffix == ".csv":
            tables[path.stem].append(path)
    return images, tables


def _files(root: Path) -> Iterator[Path]:
    """Every file under ``root``; links to folders are followed, each folder is entered once."""
    entered = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:
            subfolders.clear()
            continue
        entered.add(real)
        yield from (Path(folder, name) for name in names)
