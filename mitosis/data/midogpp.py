"""MIDOG++: 503 labelled regions of about 2 mm² of seven tumour types, scanned by five scanners (MIDOG++, 2023)."""

import os
from collections.abc import Callable, Container
from functools import cached_property
from pathlib import Path
from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.deal import Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.labelled import Source, labelled_records
from mitosis.data.record import Record
from mitosis.data.root import IMAGES, checked_root, files_under, unique
from mitosis.errors import InputError
from mitosis.label.midogpp import Slide, read_midog, read_split

MPP = {"Hamamatsu XR": 0.23, "Hamamatsu S360": 0.23, "Aperio CS2": 0.25, "Leica GT450": 0.26, "3D Histech": 0.25}
"""Scanner → µm per pixel; a region of 2 mm² implies 0.226, 0.229, 0.252, 0.263 and 0.248."""
UNLABELLED = range(151, 201)
"""Breast cancers of the Leica GT450, which nobody annotated: they are no negatives."""
LABELS, SPLIT = ("MIDOG++.json", "MIDOGpp.json"), ("datasets_xvalidation.csv",)

INVENTORY = Inventory(
    name="MIDOG++",
    fields=503,
    mitoses=11_937,
    hard_negatives=14_349,
    parts=(Part("training", 392, 9470, 11_433), Part("test", 111, 2467, 2916)),
    citation="Aubreville et al., MIDOG++: A Comprehensive Multi-Domain Data Set for Mitotic Figures, 2023",
    licence="CC0",
    where="https://github.com/DeepMicroscopy/MIDOGpp",
    note="553 images, of which 151 to 200 have no labels; the centres of 2 boxes lie outside their images",
)


class MIDOGpp(MitosisDataModule):
    """The regions 001.tiff … 553.tiff with ``MIDOG++.json`` and ``datasets_xvalidation.csv``, anywhere under ``root``.

    Each region is a case of its own. The split csv names the test part and the scanners. Folds 0…4 deal the training
    part out in the order of the numbers, so that each has a fifth of every tumour type; MIDOG++'s own code draws five
    folds by chance. ``radius_um``: of the disc that a mitosis becomes. Reading: ``read_records``.
    """

    INVENTORY = INVENTORY

    def __init__(self, root: str | None = None, radius_um: float = 4.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.root, self.radius_um = root, radius_um

    def records(self) -> list[Record]:
        return read_records(self.root, LABELS, UNLABELLED, self._scanner, self.radius_um)

    def official(self) -> Official:
        return Official(test=frozenset(f"{number:03d}" for number, slide in self._split.items() if slide.test))

    @cached_property
    def _split(self) -> dict[int, Slide]:
        return read_split(named(checked_root(self.root, f"{LABELS[0]} and {SPLIT[0]}"), SPLIT))

    def _scanner(self, number: int) -> str:
        if number not in self._split:
            raise InputError(f"{SPLIT[0]}: no row for image {number}; download it again")
        return self._split[number].scanner.replace("Hamammatsu", "Hamamatsu")  # the file spells it both ways


def read_records(
    root: str | os.PathLike | None,
    labels: tuple[str, ...],
    unlabelled: Container[int],
    scanner_of: Callable[[int], str],
    radius_um: float,
) -> list[Record]:
    """One record for each labelled image of a MIDOG json, sorted by name; json and images lie anywhere under ``root``.

    ``labels``: names the json may have, the first that is there is read. ``unlabelled``: numbers of the images without
    labels. ``scanner_of``: an image's number → its scanner. Raises ``InputError``: no such folder or json, images that
    are missing or there twice, an unknown scanner, what ``read_midog`` and ``labelled_records`` refuse.
    """
    folder = checked_root(root, f"{labels[0]} and its images")
    table = named(folder, labels)
    content = read_midog(table, unlabelled)
    wanted = {Path(name).stem.lower() for name in content.sizes}
    images = (path for path in files_under(folder) if path.suffix.lower() in IMAGES)
    found = unique((path.stem.lower(), path) for path in images if path.stem.lower() in wanted)
    if missing := sorted(name for name in content.sizes if Path(name).stem.lower() not in found):
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        raise InputError(f"data.root={folder}: {len(missing)} of {len(content.sizes)} labelled images missing: {some}")
    sources = [_source(name, found[Path(name).stem.lower()], table, scanner_of) for name in sorted(content.sizes)]
    return labelled_records(content, sources, radius_um=radius_um)


def _source(name: str, path: Path, table: Path, scanner_of: Callable[[int], str]) -> Source:
    stem = Path(name).stem
    if not stem.isdecimal():
        raise InputError(f"{table}: image {name!r} is not named by a number as in 001.tiff")
    scanner = scanner_of(int(stem))
    if scanner not in MPP:
        raise InputError(f"image {name}: scanner {scanner!r} is none of {', '.join(MPP)}")
    return Source(name, path, field=stem, mpp=MPP[scanner], case=stem, slide=stem, scanner=scanner)


def named(root: Path, names: tuple[str, ...]) -> Path:
    """The file under ``root`` that has the first of ``names`` that is there, in whatever case of letters.

    Raises ``InputError``: none is there, or one is there twice.
    """
    files = list(files_under(root))
    for name in names:
        if found := sorted(path for path in files if path.name.lower() == name.lower()):
            if len(found) > 1:
                raise InputError(f"{found[0]} and {found[1]} are both there; remove one of them")
            return found[0]
    raise InputError(f"data.root={root}: no {names[0]} in it; put it beside the images")
