"""Finds and reads the labels of a user's folder, in any format, and matches them with the images."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mitosis.data.reading import mask
from mitosis.data.reading.image_folder import MASK, matched
from mitosis.errors import InputError
from mitosis.image.file import image_size
from mitosis.image.telling import warn_of_images
from mitosis.image.walk import files_under
from mitosis.label.annotation import Annotation
from mitosis.label.foreign import SUFFIXES as FOREIGN
from mitosis.label.foreign import refuse_foreign
from mitosis.label.formats import (
    OTHERWISE,
    PER_IMAGE,
    READ_ONLY,
    SUFFIXES,
    TABLES,
    called_otherwise,
    holds_labels,
    read_one,
    sniff,
)
from mitosis.label.kind import ClassNames
from mitosis.label.name import composed
from mitosis.label.per_image import IMAGES
from mitosis.label.places import check_one_class, check_places, distinct, warn_of_twice
from mitosis.label.table import read_column
from mitosis.label.text import read_text
from mitosis.label.yolo import looks_like

WORDS = ("auto", "mask", *PER_IMAGE, *TABLES)
_SUFFIXES = {**{format: SUFFIXES[format] for format in (*PER_IMAGE, *TABLES)}, "mask": IMAGES}


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labels of a folder.

    ``cells``: stem of each labelled image → its cells, in pixels. ``sizes``: stem → (height, width) that the labels
    give the image, as far as they do. ``mpp``: the same for µm per pixel. ``columns``: requested column → stem → value.
    """

    cells: dict[str, tuple[Annotation, ...]]
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    mpp: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_labels(
    images: Mapping[str, Path], root: Path, labels: Path | None, format: str, columns: Sequence[str], names: ClassNames
) -> Labelled:
    """Read the cells of all labelled ``images`` (stem → file under ``root``).

    ``labels``: a file, a folder of files, or None for files next to the images: ``a_mask.png``, ``a.csv``,
    ``a.geojson``, ``a.json``, ``a.xml`` or ``a.txt``. ``format``: one of ``WORDS``. ``columns``: which of ``case`` and
    ``mpp`` to read. ``names``: what the classes mean; a warning counts what is passed over. In formats with one file
    per image, an image without a file is unlabelled. In formats with one file for all images, an image that is not
    named has no cells (in MIDOG's json it is unlabelled). A warning counts both.
    Raises ``InputError`` if there are no labels, labels match no image, an image has two label files or two sizes, all
    places are shares of the image, or a cell is of both kinds; also as the format's reader.
    """
    if format == "auto":
        format = _format_of(images, labels)
    if format in TABLES:
        if labels is None:
            raise InputError(f"data.labels=FILE is not set: format {format} has one file for all images")
        content = _read_tables(images, root, labels, format, columns, names)
    else:
        _refuse_columns(columns)
        content = _read_single(images, root, labels, format, names)
    check_places([cell for cells in content.cells.values() for cell in cells], labels or root)
    for cells in content.cells.values():
        check_one_class(cells, labels or root)
    once = {stem: distinct(cells) for stem, cells in content.cells.items()}
    twice = sum(len(cells) - len(once[stem]) for stem, cells in content.cells.items())
    warn_of_twice(twice, labels or root, "count once")
    if remark := names.remark():
        warnings.warn(f"{labels or root}: {remark}", stacklevel=3)
    return replace(content, cells=once)


def _format_of(images: Mapping[str, Path], labels: Path | None) -> str:
    if labels is None:
        return _format_beside(images)
    if labels.is_file():
        return _word_of(labels)
    known = {suffix for suffixes in _SUFFIXES.values() for suffix in suffixes}
    files = [path for path in sorted(files_under(labels)) if path.suffix.lower() in known and holds_labels(path)]
    if not files:
        _refuse_foreign_in(sorted(files_under(labels)))
        raise InputError(f"data.labels={labels}: no label file in it ({', '.join(sorted(known))})")
    first = next((path for path in files if path.stat().st_size), files[0])
    return _word_of(first)


def _format_beside(images: Mapping[str, Path]) -> str:
    """The format of the files beside the images, of the first suffix that there is."""
    for format in ("mask", "pixels"):
        if _beside(images, format):
            return format
    for suffix in dict.fromkeys(suffix for format in PER_IMAGE for suffix in SUFFIXES[format]):
        files = list(_beside(images, (suffix,)).values())
        first = next((path for path in files if path.stat().st_size), None)
        if files and first is None:
            return next(format for format in PER_IMAGE if suffix in SUFFIXES[format])
        if first is not None and (suffix != ".txt" or looks_like(read_text(first, "text"))):  # else a note
            return _word_of(first)
    for image in images.values():
        _refuse_foreign_in(path for suffix in FOREIGN if (path := image.with_suffix(suffix)).is_file())
    raise InputError(
        "data.labels is not set and nothing lies beside the images (a_mask.png, a.csv, a.geojson, a.json, a.xml or"
        " a.txt for a.png); type data.labels= with a file or a folder"
    )


def _refuse_foreign_in(files: Iterable[Path]) -> None:
    for path in files:
        refuse_foreign(path)


def _word_of(file: Path) -> str:
    format = "mask" if file.suffix.lower() in IMAGES else sniff(file)
    if format in READ_ONLY:
        raise InputError(f"{file}: type python -m mitosis.convert input={file} output=labels.csv to=points first")
    return format


def _files(labels: Path, format: str) -> list[Path]:
    if labels.is_file():
        return [labels]
    suffixes = _SUFFIXES[format]
    files = [path for path in sorted(files_under(labels)) if path.suffix.lower() in suffixes and holds_labels(path)]
    if not files:
        raise InputError(f"data.labels={labels}: no {format} in it ({', '.join(suffixes)})")
    return files


def _beside(images: Mapping[str, Path], format: str | tuple[str, ...]) -> dict[str, Path]:
    """Stem → label file, for the images that have one in their folder; of a format, or of suffixes."""
    beside = {}
    suffixes = _SUFFIXES[format] if isinstance(format, str) else format
    there = {folder: _named(folder) for folder in {image.parent for image in images.values()}}
    for stem, image in images.items():
        names = [stem + MASK] if format == "mask" else [stem, composed(image.name)]
        files = [there[image.parent].get(name + suffix) for name in names for suffix in suffixes]
        if own := [file for file in files if file is not None and file.is_file()]:
            beside[stem] = _only(own)
    return beside


def _named(folder: Path) -> dict[str, Path]:
    return {composed(path.stem) + path.suffix.lower(): path for path in folder.iterdir()}


def _read_single(
    images: Mapping[str, Path], root: Path, labels: Path | None, format: str, names: ClassNames
) -> Labelled:
    if labels is None:
        files = _beside(images, format)
    else:
        by_name: dict[str, list[Path]] = {}
        for path in _files(labels, format):
            stem = composed(path.stem)
            by_name.setdefault(stem.removesuffix(MASK) if format == "mask" else stem, []).append(path)
        files = {stem: _only(by_name[name]) for name, stem in matched(by_name, images, root, labels).items()}
    if not files:
        raise InputError(f"data.root={root}: no image has a {format} label file; type data.labels= or another")
    if itself := set(files.values()) & set(images.values()):
        raise InputError(f"data.labels: {min(itself)} is an image itself, not its mask")
    if left := len(images) - len(files):
        warnings.warn(f"{left} of {len(images)} images have no {format} file: unlabelled, left out", stacklevel=4)
    if format == "mask":
        masks = {stem: mask.read(file, images[stem].name, image_size(images[stem])) for stem, file in files.items()}
        warn_of_images(mask.GREY, [one.grey for one in masks.values()])
        warn_of_images(mask.SEVERAL, [one.several for one in masks.values()])
        content = {stem: one.labels for stem, one in masks.items()}
    else:
        known = {stem: image_size(images[stem]) for stem in files} if format == "yolo" else {}
        content = {stem: read_one(file, format, stem, names, known.get(stem)) for stem, file in files.items()}
        warn_of_images(OTHERWISE, [called_otherwise(files[stem], own) for stem, own in content.items()])
    sizes = {stem: size for stem, own in content.items() for size in own.sizes.values() if size is not None}
    mpps = {stem: mpp for stem, own in content.items() for mpp in own.mpp.values()}
    return Labelled({stem: content[stem].annotations for stem in sorted(content)}, sizes, mpps)


def _read_tables(
    images: Mapping[str, Path], root: Path, labels: Path, format: str, columns: Sequence[str], names: ClassNames
) -> Labelled:
    cells: dict[str, list[Annotation]] = {stem: [] for stem in images}
    named: set[str] = set()
    sizes: dict[str, tuple[int, int]] = {}
    mpps: dict[str, float] = {}
    if format not in ("points", "boxes"):
        _refuse_columns(columns)
    values: dict[str, dict[str, str]] = {column: {} for column in columns}
    for file in _files(labels, format):
        read = TABLES[format].read(file, names=names)
        stems = matched(read.sizes, images, root, file)
        for image, size in read.sizes.items():
            if size is not None and sizes.setdefault(stems[image], size) != size:
                raise InputError(f"{file}: {image} has two sizes in the labels; give it one")
        for image, mpp in read.mpp.items():
            if mpps.setdefault(stems[image], mpp) != mpp:
                raise InputError(f"{file}: {image} has two resolutions in the labels; give it one")
        named.update(stems.values())
        for cell in read.annotations:
            cells[stems[cell.image]].append(cell)
        for column in columns:
            for image, value in read_column(file, column).items():
                if (before := values[column].setdefault(stems[image], value)) != value:
                    raise InputError(f"{file}: {image} has the {column} {value!r}, {before!r} before; give it one")
    if left := len(images) - len(named):
        what = "unlabelled, left out" if format == "midog" else "taken as images without mitoses"
        warnings.warn(f"{left} of {len(images)} images are not named in {labels}: {what}", stacklevel=4)
    kept = named if format == "midog" else cells.keys()
    return Labelled({stem: tuple(cells[stem]) for stem in sorted(kept)}, sizes, mpps, values)


def _refuse_columns(columns: Sequence[str]) -> None:
    if columns:
        raise InputError(f"data.{columns[0]}=column: only a csv of points or boxes has columns; type another")


def _only(files: list[Path]) -> Path:
    if len(files) > 1:
        raise InputError(f"two label files of one image: {files[0]} and {files[1]}; remove one of them")
    return files[0]
