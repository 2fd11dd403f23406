"""MITOS-ATYPIA-14: frames at x40 of breast cancer slides, mitoses and look-alikes as points (ICPR 2014 contest)."""

import os
from dataclasses import replace
from typing import Any

import numpy as np
from typing_extensions import override

from mitosis.data.fold.deal import Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.point_labelled import PointLabelled
from mitosis.data.reading.labelled import Source, labelled_records
from mitosis.data.reading.root import IMAGES, checked_root, unique
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.walk import files_under
from mitosis.label.atypia import frame_of, read_atypia

MPP = {"A": 0.2455, "H": (0.2273 + 0.227531) / 2}
"""Scanner → µm per pixel. A: Aperio Scanscope XT. H: Hamamatsu NanoZoomer 2.0-HT, the mean of its two axes."""
TEST = ("06", "08", "09", "13", "16")
"""The contest's test slides, whose labels were never published."""
APART_UM = 8.0
"""The contest's radius of a match: a look-alike nearer than this to a mitosis is the same nucleus, read twice."""

INVENTORY = Inventory(
    name="MITOS-ATYPIA-14",
    fields=1200,
    mitoses=749,
    hard_negatives=2884,
    parts=(
        Part("slide 03", 96, 135, None, ("03",)),
        Part("slide 04", 128, 264, None, ("04",)),
        Part("slide 05", 112, 151, None, ("05",)),
        Part("slide 07", 64, 39, None, ("07",)),
        Part("slide 10", 80, 25, None, ("10",)),
        Part("slide 11", 128, 20, None, ("11",)),
        Part("slide 12", 144, 2, None, ("12",)),
        Part("slide 14", 160, 33, None, ("14",)),
        Part("slide 15", 96, 25, None, ("15",)),
        Part("slide 17", 80, 34, None, ("17",)),
        Part("slide 18", 112, 21, None, ("18",)),
    ),
    citation="MITOS-ATYPIA-14, contest at ICPR 2014",
    licence="not stated",
    where="https://mitos-atypia-14.grand-challenge.org",
    note="counted on the training part of scanner A; a further 496 frames of five test slides have no labels;"
    " look-alikes within 8 µm of a mitosis are not read",
    mpp=tuple(MPP.values()),
)


class MitosAtypia14(PointLabelled):
    """MITOS-ATYPIA-14: x40 frames of breast cancer, mitoses and look-alikes annotated as points.

    Layout: the contest's folders of slides anywhere under ``root``; ``read_records`` describes the files. A case is a
    slide. The labels of the test slides were never published. A look-alike nearer than 8 µm to a mitosis of its frame
    is left out, with every scanner: it is that nucleus, read twice. The look-alikes of scanner H were labelled on A's
    scan and carried over by scale, so they lie beside their nuclei; ``darkest_nearby`` finds those.

    Args:
        root: Folder that holds the contest's slides (A03 … A18 or H03 … H18).
        scanner: ``A`` (Aperio) or ``H`` (Hamamatsu).
        kwargs: As for ``PointLabelled``.

    Source:
        ICPR 2014 contest, https://mitos-atypia-14.grand-challenge.org
    """

    inventory = INVENTORY

    def __init__(self, root: str | None = None, scanner: str = "A", **kwargs: Any) -> None:
        super().__init__(root, **kwargs)
        self.scanner = scanner

    @override
    def records(self) -> list[Record]:
        return read_records(self.root, self.scanner, self.radius_um, self.ring_um)

    @override
    def official(self) -> Official:
        return Official(test=frozenset(TEST))


def read_records(
    root: str | os.PathLike[str] | None, scanner: str, radius_um: float, ring_um: float | None
) -> list[Record]:
    """Read one record per labelled x40 frame of ``scanner`` anywhere under ``root``, sorted by name.

    A frame is ``A03_00Aa.tiff`` with the csvs ``A03_00Aa_mitosis.csv`` and ``A03_00Aa_not_mitosis.csv``. (``A03_00A``
    is an x20 frame, four times as large, and is not read.) Frames of the test slides without csvs are skipped.
    Raises ``InputError`` if the folder does not exist or holds no frame, a training frame has no csvs, a csv no frame,
    or a frame exists twice; also as ``read_atypia`` and ``labelled_records``.
    """
    if scanner not in MPP:
        raise InputError(f"data.scanner={scanner}: choose A (Aperio) or H (Hamamatsu)")
    folder = checked_root(root, "the contest's slides (A03 … A18 or H03 … H18)")
    files = list(files_under(folder))
    frames = ((frame_of(path.stem), path) for path in files if path.suffix.lower() in IMAGES)
    images = unique((frame, path) for frame, path in frames if frame and frame[0] == scanner)
    labels = read_atypia(path for path in files if path.name[:1].upper() == scanner)
    if not images:
        raise InputError(
            f"data.root={folder}: no frame of scanner {scanner} at x40; looked in all folders for {scanner}03_00Aa.tiff"
        )
    if lone := sorted(labels.sizes.keys() - images.keys()):
        raise InputError(f"{lone[0]}_mitosis.csv: no image {lone[0]}.tiff anywhere under {folder}")
    unlabelled = sorted(frame for frame in images.keys() - labels.sizes.keys() if frame[1:3] not in TEST)
    if unlabelled:
        frame = unlabelled[0]
        raise InputError(f"{images[frame]}: no {frame}_mitosis.csv and {frame}_not_mitosis.csv anywhere under {folder}")
    sources = [
        Source(frame, path, frame, MPP[scanner], case=frame[1:3], slide=frame[:3], scanner=scanner)
        for frame, path in images.items()
        if frame in labels.sizes
    ]
    return [_apart(record) for record in labelled_records(labels, sources, radius_um=radius_um, ring_um=ring_um)]


def _apart(record: Record) -> Record:
    """The record without the look-alikes nearer than ``APART_UM`` to a mitosis."""
    between = record.hard_negatives[:, None] - record.centroids[None]
    apart = (np.hypot(*np.moveaxis(between, -1, 0)) * record.mpp >= APART_UM).all(axis=1)
    return replace(record, hard_negatives=record.hard_negatives[apart])
