"""Labels of a user's own folder, in any format: found, read, and matched with their images."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mitosis.data.reading import mask
from mitosis.data.reading.image_folder import MASK, matched
from mitosis.data.reading.root import files_under
from mitosis.errors import InputError
from mitosis.image.file import image_size
from mitosis.label.annotation import Annotation
from mitosis.label.formats import PER_IMAGE, READ_ONLY, SUFFIXES, TABLES, sniff
from mitosis.label.per_image import IMAGES
from mitosis.label.table import read_column

WORDS = ("auto", "mask", *PER_IMAGE, *TABLES)
_SUFFIXES = {**{format: SUFFIXES[format] for format in (*PER_IMAGE, *TABLES)}, "mask": IMAGES}


@dataclass(frozen=True, eq=False)
class Labelled:
    """What label files say of a folder's images.

    ``cells``: stem of each labelled image → its cells, in pixels; ``columns``: name of a column that was asked for →
    stem → its value there.
    """

    cells: dict[str, tuple[Annotation, ...]]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_labels(
    images: Mapping[str, Path], root: Path, labels: Path | None, format: str, columns: Sequence[str]
) -> Labelled:
    """The cells of all labelled ``images`` (stem → file under ``root``).

    ``labels``: a file, a folder of files, None for files beside the images: ``a_mask.png``, ``a.csv`` or ``a.geojson``
    for ``a.png``. ``format``: one of ``WORDS``. ``columns``: of ``case`` and ``mpp`` those that are read. In formats
    that have a file for each image, one without it is unlabelled; of those that name their images, one that is not
    named has no cell (in MIDOG's it is unlabelled). Both are counted in a warning.
    Raises ``InputError`` for no labels, labels of no image, two label files of one image, and as the format's reader.
    """
    if format == "auto":
        format = _format_of(images, labels)
    if format in TABLES:
        if labels is None:
            raise InputError(f"data.labels=FILE is not set: format {format} has one file for all images")
        return _read_tables(images, root, labels, format, columns)
    _refuse_columns(columns)
    return Labelled(_read_single(images, root, labels, format))


def _format_of(images: Mapping[str, Path], labels: Path | None) -> str:
    if labels is None:
        for format in ("mask", *PER_IMAGE):
            if _beside(images, format):
                return format
        raise InputError(
            "data.labels is not set and nothing lies beside the images (a_mask.png, a.csv or a.geojson for a.png);"
            " type data.labels= with a file or a folder"
        )
    if labels.is_file():
        return _word_of(labels)
    known = {suffix for suffixes in _SUFFIXES.values() for suffix in suffixes}
    files = [path for path in sorted(files_under(labels)) if path.suffix.lower() in known and path.name[0] != "."]
    if not files:
        raise InputError(f"data.labels={labels}: no label file in it ({', '.join(sorted(known))})")
    first = next((path for path in files if path.stat().st_size), files[0])
    return _word_of(first)


def _word_of(file: Path) -> str:
    format = "mask" if file.suffix.lower() in IMAGES else sniff(file)
    if format in READ_ONLY:
        raise InputError(f"{file}: type python -m mitosis.convert input={file} output=labels.csv to=points first")
    return format


def _files(labels: Path, format: str) -> list[Path]:
    if labels.is_file():
        return [labels]
    suffixes = _SUFFIXES[format]
    files = [path for path in sorted(files_under(labels)) if path.suffix.lower() in suffixes and path.name[0] != "."]
    if not files:
        raise InputError(f"data.labels={labels}: no {format} in it ({', '.join(suffixes)})")
    return files


def _beside(images: Mapping[str, Path], format: str) -> dict[str, Path]:
    """Stem → label file, of those images that have one in their folder."""
    found = {}
    for stem, image in images.items():
        names = [stem + MASK] if format == "mask" else [stem, image.name]
        files = [image.with_name(name + suffix) for name in names for suffix in _SUFFIXES[format]]
        if there := [file for file in files if file.is_file()]:
            found[stem] = _only(there)
    return found


def _read_single(
    images: Mapping[str, Path], root: Path, labels: Path | None, format: str
) -> dict[str, tuple[Annotation, ...]]:
    if labels is None:
        files = _beside(images, format)
    else:
        by_name: dict[str, list[Path]] = {}
        for path in _files(labels, format):
            by_name.setdefault(path.stem.removesuffix(MASK) if format == "mask" else path.stem, []).append(path)
        files = {stem: _only(by_name[name]) for name, stem in matched(by_name, images, root, labels).items()}
    if not files:
        raise InputError(f"data.root={root}: no image has a {format} label file; type data.labels= or another")
    if itself := set(files.values()) & set(images.values()):
        raise InputError(f"data.labels: {min(itself)} is an image itself, not its mask")
    if left := len(images) - len(files):
        warnings.warn(f"{left} of {len(images)} images have no {format} file: unlabelled, left out", stacklevel=4)
    if format == "mask":
        found = {stem: mask.read(file, images[stem].name, image_size(images[stem])) for stem, file in files.items()}
    else:
        found = {stem: PER_IMAGE[format].read(file, stem) for stem, file in files.items()}
    return {stem: found[stem].annotations for stem in sorted(found)}


def _read_tables(images: Mapping[str, Path], root: Path, labels: Path, format: str, columns: Sequence[str]) -> Labelled:
    cells: dict[str, list[Annotation]] = {stem: [] for stem in images}
    named: set[str] = set()
    if format not in ("points", "boxes"):
        _refuse_columns(columns)
    values: dict[str, dict[str, str]] = {column: {} for column in columns}
    for file in _files(labels, format):
        read = TABLES[format].read(file)
        stems = matched(read.sizes, images, root, file)
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
    return Labelled({stem: tuple(cells[stem]) for stem in sorted(kept)}, values)


def _refuse_columns(columns: Sequence[str]) -> None:
    if columns:
        raise InputError(f"data.{columns[0]}=column: only a csv of points or boxes has columns; type another")


def _only(files: list[Path]) -> Path:
    if len(files) > 1:
        raise InputError(f"two label files of one image: {files[0]} and {files[1]}; remove one of them")
    return files[0]
