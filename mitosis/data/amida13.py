"""AMIDA13: 606 fields of 23 breast cancers, mitoses as points; the first cases of TUPAC16."""

from typing_extensions import override

from mitosis.data.fold.deal import Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.point_labelled import PointLabelled
from mitosis.data.record import Record
from mitosis.data.tupac16 import FIRST, MPP, read_records

TRAINING, TEST = FIRST[:12], FIRST[12:]


class AMIDA13(PointLabelled):
    """AMIDA13: HPFs of human breast cancer with mitoses annotated as points.

    Layout: cases 01 to 23 anywhere under ``root``, with the folders and csvs of TUPAC16; the later cases of TUPAC16
    are not read. Cases 01 to 12 are the training part, cases 13 to 23 the test part. ``tupac16.read_records`` reads
    the files and lists the errors.

    Args:
        root: Folder that holds the images and ``mitoses_ground_truth``.
        kwargs: As for ``PointLabelled``.

    Source:
        Assessment of Mitosis Detection Algorithms 2013 (AMIDA13), http://tupac.tue-image.nl
    """

    inventory = Inventory(
        name="AMIDA13",
        fields=606,
        mitoses=1083,
        hard_negatives=None,
        parts=(Part("training", 311, 550, None, TRAINING), Part("test", 295, 533, None, TEST)),
        citation="Assessment of Mitosis Detection Algorithms 2013 (AMIDA13)",
        licence="not known",
        where="http://tupac.tue-image.nl (cases 01 to 23 of TUPAC16)",
        mpp=(MPP,),
    )

    @override
    def records(self) -> list[Record]:
        return read_records(self.root, "original", FIRST, self.radius_um, self.ring_um)

    @override
    def official(self) -> Official:
        return Official(test=frozenset(TEST))
