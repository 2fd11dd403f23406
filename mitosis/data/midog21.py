"""MIDOG 2021: 150 labelled regions of about 2 mm² of human breast cancer, scanned by three scanners."""

from typing_extensions import override

from mitosis.data.inventory import Inventory, Part
from mitosis.data.midog import MIDOG, MPP, cases

SCANNERS = ("Hamamatsu XR", "Hamamatsu S360", "Aperio CS2", "Leica GT450")
"""Each scanned 50 regions, in this order."""

INVENTORY = Inventory(
    name="MIDOG 2021",
    fields=150,
    mitoses=1721,
    hard_negatives=2714,
    parts=(
        Part("Hamamatsu XR", 50, 451, 724, cases(1, 50)),
        Part("Hamamatsu S360", 50, 582, 1066, cases(51, 100)),
        Part("Aperio CS2", 50, 688, 924, cases(101, 150)),
    ),
    citation="Aubreville et al., Mitosis domain generalization in histopathology images: the MIDOG challenge,"
    " arXiv:2204.03742",
    licence="CC BY-NC-ND",
    where="https://zenodo.org/record/4643381",
    note="200 images, of which 151 to 200 have no labels; the test part was not published",
    mpp=tuple(MPP[scanner] for scanner in SCANNERS[:3]),
)


class MIDOG21(MIDOG):
    """MIDOG 2021: regions of human breast cancer from three scanners.

    Layout: 001.tiff … 150.tiff and ``MIDOG.json`` anywhere under ``root``.

    Source:
        Aubreville et al., arXiv:2204.03742, https://zenodo.org/record/4643381
    """

    inventory = INVENTORY
    LABELS = ("MIDOG.json",)
    UNLABELLED = range(151, 201)  # those of the Leica GT450

    @override
    def scanner_of(self, number: int) -> str:
        return SCANNERS[(number - 1) // 50] if 1 <= number <= 200 else "unknown"
