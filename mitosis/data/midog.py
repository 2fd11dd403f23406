"""The common base of MIDOG 2021, MIDOG 2022 and MIDOG++: numbered regions and one json file of boxes."""

import os
from abc import abstractmethod
from collections.abc import Callable, Container
from pathlib import Path

from typing_extensions import override

from mitosis.data.fold.deal import UNPUBLISHED, Official
from mitosis.data.point_labelled import PointLabelled
from mitosis.data.reading.labelled import Source, labelled_records
from mitosis.data.reading.root import IMAGES, checked_root, unique
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.walk import files_under
from mitosis.label import midog

MPP = {"Hamamatsu XR": 0.23, "Hamamatsu S360": 0.23, "Aperio CS2": 0.25, "Leica GT450": 0.26, "3D Histech": 0.25}
"""Scanner → µm per pixel. The regions' area of 2 mm² implies 0.226, 0.229, 0.252, 0.263 and 0.248."""


class MIDOG(PointLabelled):
    """Base class of the MIDOG datasets.

    Layout: regions 001.tiff … and their json anywhere under ``root``. Each region is a separate case. The test part was
    never published, unless a subclass overrides ``official``. ``read_records`` reads the files.

    Args:
        root: Folder that holds the json and the images.
        kwargs: As for ``PointLabelled``.
    """

    LABELS: tuple[str, ...]
    """Possible names of the json; the first that exists is read."""
    UNLABELLED: Container[int]
    """Numbers of the regions that were published without labels; they are not negatives."""

    @override
    def records(self) -> list[Record]:
        return read_records(self.root, self.LABELS, self.UNLABELLED, self.scanner_of, self.radius_um, self.ring_um)

    @override
    def official(self) -> Official:
        return UNPUBLISHED

    @abstractmethod
    def scanner_of(self, number: int) -> str:
        """The scanner of a region, by number; any other text if the dataset has no such region."""


def cases(first: int, last: int) -> tuple[str, ...]:
    """The names of the regions from ``first`` to ``last``, both included."""
    return tuple(f"{number:03d}" for number in range(first, last + 1))


def read_records(
    root: str | os.PathLike[str] | None,
    labels: tuple[str, ...],
    unlabelled: Container[int],
    scanner_of: Callable[[int], str],
    radius_um: float,
    ring_um: float | None,
) -> list[Record]:
    """Read one record per labelled image of a MIDOG json, sorted by name; all files lie anywhere under ``root``.

    ``labels``: possible names of the json; the first that exists is read. ``unlabelled``: numbers of the images without
    labels. ``scanner_of``: image number → scanner. Raises ``InputError`` if the folder or the json does not exist, an
    image is missing or exists twice, or a scanner is unknown; also as ``midog.read`` and ``labelled_records``.
    """
    folder = checked_root(root, f"{labels[0]} and its images")
    table = named(folder, labels)
    content = midog.read(table, unlabelled)
    stems = {Path(name).stem.lower() for name in content.sizes}
    images = (path for path in files_under(folder) if path.suffix.lower() in IMAGES)
    files = unique((path.stem.lower(), path) for path in images if path.stem.lower() in stems)
    if missing := sorted(name for name in content.sizes if Path(name).stem.lower() not in files):
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        raise InputError(f"data.root={folder}: {len(missing)} of {len(content.sizes)} labelled images missing: {some}")
    sources = [_source(name, files[Path(name).stem.lower()], table, scanner_of) for name in sorted(content.sizes)]
    return labelled_records(content, sources, radius_um=radius_um, ring_um=ring_um)


def _source(name: str, path: Path, table: Path, scanner_of: Callable[[int], str]) -> Source:
    stem = Path(name).stem
    if not stem.isdecimal():
        raise InputError(f"{table}: image {name!r} is not named by a number as in 001.tiff")
    scanner = scanner_of(int(stem))
    if scanner not in MPP:
        raise InputError(f"image {name}: scanner {scanner!r} is not one of {', '.join(MPP)}")
    return Source(name, path, field=stem, mpp=MPP[scanner], case=stem, slide=stem, scanner=scanner)


def named(root: Path, names: tuple[str, ...]) -> Path:
    """The file under ``root`` with the first of ``names`` that exists; case does not matter.

    Raises ``InputError`` if none exists, or if one exists twice.
    """
    files = list(files_under(root))
    for name in names:
        if matches := sorted(path for path in files if path.name.lower() == name.lower()):
            if len(matches) > 1:
                raise InputError(f"{matches[0]} and {matches[1]} are both there; remove one of them")
            return matches[0]
    raise InputError(f"data.root={root}: no {names[0]} in it; put it beside the images")
