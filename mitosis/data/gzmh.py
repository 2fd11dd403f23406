"""GZMH: 1534 fields of 55 slides, 22 patients, scanned at 0.25 µm per pixel (doi:10.57760/sciencedb.08547)."""

import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from rich.progress import track
from typing_extensions import override

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold.deal import UNPUBLISHED, Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.reading import mask
from mitosis.data.reading.assign_pixels import assign_pixels
from mitosis.data.reading.root import checked_root, unique
from mitosis.data.record import MitoticFigure, Record
from mitosis.errors import InputError
from mitosis.image.file import image_size, read_image
from mitosis.image.walk import files_under
from mitosis.label.formats import TABLES, sniff

MPP, SCANNER = 0.25, "KF-PRO120"
REACH_UM = 10.0
"""Maximum distance from an object's centre to its part of the mask: half an anaphase lies a few µm off centre."""

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
    mpp=(MPP,),
)


@dataclass(frozen=True)
class Patterns:
    """Regular expressions that find the files; each is searched in a file's path relative to the root, with "/".

    ``images``, ``masks``: match the files. Their groups, joined by "_", give the field's name; an image and a mask with
    the same name belong together. ``patient``: its groups give the patient, from an image's path. ``test``: matches the
    paths of the images in the official test part.
    """

    images: str
    masks: str
    patient: str
    test: str


class GZMH(MitosisDataModule):
    """GZMH: HPFs of human breast cancer with pixel masks of the mitoses.

    Layout: images and masks anywhere under ``root``, found by regular expressions (see ``Patterns``), since copies of
    the dataset differ in their folders. A mitosis is an 8-connected component of the non-black pixels of a mask. The
    official split is by patient.

    Args:
        root: Folder that holds the unpacked dataset.
        images: Regular expression for the images, see ``Patterns``.
        masks: Regular expression for the masks.
        patient: Regular expression for the patient in an image's path.
        test: Regular expression for the images of the official test part.
        objects: A csv of centroids (image, x, y) or boxes (image, x1, y1, x2, y2), absolute or relative to ``root``,
            one row per mitosis. Each row is assigned its pixels of the mask (``assign_pixels``, within ``REACH_UM``).
            Components near no row are left out, with a warning; a row without pixels is an error.
        kwargs: As for ``MitosisDataModule``.

    Source:
        doi:10.57760/sciencedb.08547
    """

    inventory = INVENTORY

    def __init__(
        self,
        *,
        root: str | None = None,
        images: str,
        masks: str,
        patient: str,
        test: str,
        objects: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.root, self.patterns, self.objects = root, Patterns(images, masks, patient, test), objects

    @override
    def records(self) -> list[Record]:
        tiles = find_tiles(self.root, self.patterns)
        listed = None
        if self.objects is not None:
            listed = read_objects(checked_root(self.root, "the unpacked set") / Path(self.objects).expanduser(), tiles)
        records, lost = [], 0
        for tile in track(tiles, "reading masks", disable=len(tiles) < 8):
            record, left = _record(tile, None if listed is None else listed[tile.field])
            records.append(record)
            lost += left
        if lost:
            warnings.warn(f"{lost} parts of the masks are near no row of {self.objects} and left out", stacklevel=2)
        return records

    def official(self) -> Official:
        """Raises ``InputError`` when a patient has fields in both parts."""
        tiles = find_tiles(self.root, self.patterns)
        test = frozenset(tile.patient for tile in tiles if tile.test)
        if both := sorted(test & {tile.patient for tile in tiles if not tile.test}):
            raise InputError(
                f"patient {both[0]} has fields in training and in test; mend data.patient={self.patterns.patient}"
                f" or data.test={self.patterns.test}"
            )
        return Official(test) if test else UNPUBLISHED


@dataclass(frozen=True)
class Tile:
    """The two files of a field, and what their paths say about it."""

    field: str
    image: Path
    mask: Path
    patient: str
    test: bool


def find_tiles(root: str | os.PathLike[str] | None, patterns: Patterns) -> list[Tile]:
    """All fields under ``root``, sorted by name.

    Raises ``InputError`` if the folder does not exist, a pattern is not a regular expression or lacks its group, no
    file matches, an image has no mask or a mask no image, two files have the same name, or a path names no patient.
    """
    compiled = {key: _compiled(key, getattr(patterns, key)) for key in ("images", "masks", "patient", "test")}
    folder = checked_root(root, "the unpacked set")
    files = {path: path.relative_to(folder).as_posix() for path in sorted(files_under(folder))}
    fit = {
        key: unique((name, path) for path, text in files.items() if (name := _caught(compiled[key], text)))
        for key in ("images", "masks")
    }
    images, masks = fit["images"], fit["masks"]
    for key, paths in fit.items():
        if not paths:
            first = f"such as {next(iter(files.values()))!r}" if files else "there are none"
            raise InputError(f"data.root={folder}: no file fits data.{key}={getattr(patterns, key)}; files {first}")
    if bare := sorted(images.keys() - masks.keys()):
        raise InputError(
            f"{images[bare[0]]}: no mask is named {bare[0]}; add it (black: none in it) or mend data.masks"
        )
    if bare := sorted(masks.keys() - images.keys()):
        raise InputError(f"{masks[bare[0]]}: no image is named {bare[0]}; add it or mend data.images")
    tiles = []
    for name, path in images.items():
        patient = _caught(compiled["patient"], files[path])
        if not patient:
            raise InputError(f"{path}: data.patient={patterns.patient} finds no patient in {files[path]!r}; mend it")
        tiles.append(Tile(name, path, masks[name], patient, compiled["test"].search(files[path]) is not None))
    return tiles


def _compiled(key: str, pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(f"data.{key}={pattern}: not a regular expression ({error})") from error
    if not compiled.groups and key != "test":
        raise InputError(f"data.{key}={pattern}: put what is the {'patient' if key == 'patient' else 'name'} in ( )")
    return compiled


def _caught(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return "_".join(group for group in match.groups() if group) if match else ""


def read_objects(path: Path, tiles: Sequence[Tile]) -> dict[str, np.ndarray]:
    """Read the centres of each field's objects, (k, 2) x, y, from a csv of centroids or boxes.

    Fields that the csv does not list have none. Raises ``InputError`` as the formats' readers do, for any other format,
    and for an image that is not among ``tiles``.
    """
    format = sniff(path)
    if format not in ("points", "boxes"):
        raise InputError(f"data.objects={path}: give a csv with the columns image,x,y or image,x1,y1,x2,y2")
    fields: dict[str, set[str]] = {}
    for tile in tiles:
        for name in {tile.image.stem.casefold(), tile.field.casefold()}:
            fields.setdefault(name, set()).add(tile.field)
    centres: dict[str, list[tuple[float, float]]] = {tile.field: [] for tile in tiles}
    for cell in TABLES[format].read(path).annotations:
        named = fields.get(PurePosixPath(cell.image.replace("\\", "/")).stem.casefold(), set())
        if len(named) != 1:
            which = f"could be any of {', '.join(sorted(named))}" if named else f"is not among the {len(tiles)} images"
            raise InputError(f"{path}: {cell.image} {which}; give the field's name")
        (field,) = named
        if (cell.x, cell.y) in centres[field]:
            raise InputError(f"{path}: two rows for ({cell.x:g}, {cell.y:g}) in {cell.image}; remove one of them")
        if cell.mitotic:
            centres[field].append((cell.x, cell.y))
    return {field: np.array(points, dtype=np.float64).reshape(-1, 2) for field, points in centres.items()}


def _record(tile: Tile, centres: np.ndarray | None) -> tuple[Record, int]:
    """The record, and the number of mask components that belong to no object."""
    size = image_size(tile.image)
    cells = mask.read(tile.mask, tile.image.name, size).labels.annotations
    parts, left = [cell.pixels for cell in cells if cell.pixels is not None], []
    if centres is not None:
        shares, left = assign_pixels(parts, centres, REACH_UM / MPP)
        if bare := [centre for centre, share in zip(centres, shares, strict=True) if share is None]:
            x, y = bare[0]
            raise InputError(
                f"{tile.mask}: no part of the mask lies within {REACH_UM:g} µm of the object at ({x:g}, {y:g})"
            )
        parts = [share for share in shares if share is not None]
    record = Record(
        field=tile.field,
        read=partial(read_image, tile.image),
        size=size,
        mpp=MPP,
        case=tile.patient,
        slide=tile.patient,
        scanner=SCANNER,
        figures=tuple(MitoticFigure(part) for part in parts),
    )
    return record, len(left)
