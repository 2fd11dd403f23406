"""TUPAC16, auxiliary mitosis dataset: 73 breast cancer cases from three centres, mitoses as points."""

import os
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import Any

from typing_extensions import override

from mitosis.data.fold.deal import Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.point_labelled import PointLabelled
from mitosis.data.reading.labelled import Source, labelled_records
from mitosis.data.reading.root import IMAGES, checked_root, unique
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.walk import files_under
from mitosis.label.tupac import MITOSES, OTHERS, image_of, read_tupac

MPP = 0.25
LABELS = ("original", "alternative")
VAL = ("30", "37", "44", "51", "58", "65", "72")
TEST = ("31", "38", "45", "52", "59", "66", "73")
FIRST = tuple(f"{number:02d}" for number in range(1, 24))
"""The cases of AMIDA13, with many fields each. The later cases have one large image each, from another scanner."""
LATER = tuple(f"{number:02d}" for number in range(24, 74))

INVENTORIES = {
    "original": Inventory(
        name="TUPAC16",
        fields=656,
        mitoses=1552,
        hard_negatives=None,
        parts=(Part("cases 01-23", 606, 1083, None, FIRST), Part("cases 24-73", 50, 469, None, LATER)),
        citation="Tumor Proliferation Assessment Challenge 2016 (TUPAC16), auxiliary data set of mitoses",
        licence="not known",
        where="http://tupac.tue-image.nl",
        note="34 further cases were published without labels",
        mpp=(MPP,),
    ),
    "alternative": Inventory(
        name="TUPAC16, alternative labels",
        fields=656,
        mitoses=1999,
        hard_negatives=10_483,
        parts=(Part("cases 01-23", 606, 1329, 7502, FIRST), Part("cases 24-73", 50, 670, 2981, LATER)),
        citation="Alternative labels of the TUPAC16 auxiliary data set, DeepMicroscopy",
        licence="not known",
        where="https://github.com/DeepMicroscopy/TUPAC16_AlternativeLabels",
        note="34 further cases were published without labels",
        mpp=(MPP,),
    ),
}


class TUPAC16(PointLabelled):
    """TUPAC16: breast cancer cases with mitoses annotated as points.

    Layout: cases 01 … 73 and ``mitoses_ground_truth`` anywhere under ``root``; ``read_records`` describes the files.
    The labels of the challenge's test cases were never published. ``fold=official`` is the split used in the
    literature: it tests on cases 31, 38, 45, 52, 59, 66 and 73 and validates on the case before each of them.

    Args:
        root: Folder that holds the images and the labels.
        labels: ``original`` (mitoses only) or ``alternative`` (with hard negatives).
        kwargs: As for ``PointLabelled``.

    Raises:
        InputError: ``labels`` is not valid.

    Source:
        TUPAC16, http://tupac.tue-image.nl; https://github.com/DeepMicroscopy/TUPAC16_AlternativeLabels
    """

    INVENTORIES = INVENTORIES
    inventory = INVENTORIES["original"]

    def __init__(self, root: str | None = None, labels: str = "original", **kwargs: Any) -> None:
        super().__init__(root, **kwargs)
        if labels not in LABELS:
            raise InputError(f"data.labels={labels}: choose one of {', '.join(LABELS)}")
        self.labels, self.inventory = labels, INVENTORIES[labels]

    @override
    def records(self) -> list[Record]:
        return read_records(self.root, self.labels, FIRST + LATER, self.radius_um, self.ring_um)

    @override
    def official(self) -> Official:
        return Official(test=frozenset(TEST), val=frozenset(VAL))


def read_records(
    root: str | os.PathLike[str] | None, labels: str, cases: Container[str], radius_um: float, ring_um: float | None
) -> list[Record]:
    """Read one record per image ``<case>/<number>.tif`` of ``cases`` anywhere under ``root``, sorted by name.

    ``labels``: one of ``LABELS``; ``mitosis.label.tupac.read_tupac`` explains how they differ. With the original labels
    an image without a csv has no mitosis. Folders with "test" in their name are skipped, since the challenge's test
    cases reuse the numbers of training cases. Raises ``InputError`` if the folder does not exist or holds no images or
    no labels, an image exists twice, a csv has no image or, with alternative labels, an image no csv; also as
    ``labelled_records``.
    """
    folder = checked_root(root, f"mitoses_image_data_part_1 … 3 and {MITOSES}")
    files = [path for path in files_under(folder) if not _tests(path.relative_to(folder))]
    pictures = ((image_of(path), path) for path in files if path.suffix.lower() in IMAGES)
    images = unique((image, path) for image, path in pictures if image and image[:2] in cases)
    if not images:
        raise InputError(f"data.root={folder}: no image in it; looked in all folders for 01/01.tif")
    alternative = labels == "alternative"
    content = read_tupac(files, alternative=alternative)
    if not content.sizes:
        beside = f", with {OTHERS} beside it" if alternative else f" (one with {OTHERS} beside it is the alternative's)"
        raise InputError(f"data.root={folder}: no {labels} labels in it; put the folder {MITOSES} there{beside}")
    labelled = {image for image in content.sizes if image[:2] in cases}
    if lone := sorted(labelled - images.keys()):
        raise InputError(f"{MITOSES}/{lone[0]}.csv: no image {lone[0]}.tif anywhere under {folder}")
    if alternative and (bare := sorted(images.keys() - labelled)):
        raise InputError(f"{images[bare[0]]}: no {MITOSES}/{bare[0]}.csv; without mitoses it is an empty file")
    content = replace(content, annotations=tuple(cell for cell in content.annotations if cell.image in images))
    sources = [_source(*item) for item in images.items()]
    return labelled_records(content, sources, radius_um=radius_um, ring_um=ring_um)


def _source(image: str, path: Path) -> Source:
    case = image[:2]
    scanner = "Aperio ScanScope XT" if case in FIRST else "Leica SCN400"
    return Source(image, path, image.replace("/", "_"), MPP, case=case, slide=case, scanner=scanner)


def _tests(path: Path) -> bool:
    return any("test" in folder.lower() for folder in path.parts[:-1])
