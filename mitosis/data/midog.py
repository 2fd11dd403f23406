"""What MIDOG 2021, MIDOG 2022 and MIDOG++ have in common: numbered regions and one json of boxes."""

import os
from abc import abstractmethod
from collections.abc import Callable, Container
from pathlib import Path

from typing_extensions import override

from mitosis.data.fold.deal import UNPUBLISHED, Official
from mitosis.data.point_labelled import PointLabelled
from mitosis.data.reading.labelled import Source, labelled_records
from mitosis.data.reading.root import IMAGES, checked_root, files_under, unique
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.label import midog

MPP = {"Hamamatsu XR": 0.23, "Hamamatsu S360": 0.23, "Aperio CS2": 0.25, "Leica GT450": 0.26, "3D Histech": 0.25}
"""Scanner → µm per pixel; a region of 2 mm² implies 0.226, 0.229, 0.252, 0.263 and 0.248."""


class MIDOG(PointLabelled):
    """Regions 001.tiff … and their json, anywhere under ``root``; each is a case of its own. A subclass is one set.

    Unless it says otherwise, its test part was never published. Reading: ``read_records``.
    """

    LABELS: tuple[str, ...]
    """Names that the json may have, the first that is there is read."""
    UNLABELLED: Container[int]
    """Numbers of regions that were published without labels: they are not negatives."""

    @override
    def records(self) -> list[Record]:
        return read_records(self.root, self.LABELS, self.UNLABELLED, self.scanner_of, self.radius_um, self.ring_um)

    @override
    def official(self) -> Official:
        return UNPUBLISHED

    @abstractmethod
    def scanner_of(self, number: int) -> str:
        """The scanner of the region of that number; any other text for a number beyond the set."""


def cases(first: int, last: int) -> tuple[str, ...]:
    """The names of a range of regions, both ends in it."""
    return tuple(f"{number:03d}" for number in range(first, last + 1))


def read_records(
    root: str | os.PathLike[str] | None,
    labels: tuple[str, ...],
    unlabelled: Container[int],
    scanner_of: Callable[[int], str],
    radius_um: float,
    ring_um: float | None,
) -> list[Record]:
    """One record for each labelled image of a MIDOG json, sorted by name; json and images lie anywhere under ``root``.

    ``labels``: names the json may have, the first that is there is read. ``unlabelled``: numbers of the images without
    labels. ``scanner_of``: an image's number → its scanner. Raises ``InputError``: no such folder or json, images that
    are missing or there twice, an unknown scanner, what ``midog.read`` and ``labelled_records`` refuse.
    """
    folder = checked_root(root, f"{labels[0]} and its images")
    table = named(folder, labels)
    content = midog.read(table, unlabelled)
    wanted = {Path(name).stem.lower() for name in content.sizes}
    images = (path for path in files_under(folder) if path.suffix.lower() in IMAGES)
    files = unique((path.stem.lower(), path) for path in images if path.stem.lower() in wanted)
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
    """The file under ``root`` that has the first of ``names`` that is there, in upper or lower case.

    Raises ``InputError``: none is there, or one is there twice.
    """
    files = list(files_under(root))
    for name in names:
        if matches := sorted(path for path in files if path.name.lower() == name.lower()):
            if len(matches) > 1:
                raise InputError(f"{matches[0]} and {matches[1]} are both there; remove one of them")
            return matches[0]
    raise InputError(f"data.root={root}: no {names[0]} in it; put it beside the images")
