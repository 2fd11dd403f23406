"""MIDOG 2022: 354 labelled regions of about 2 mm² of five tumour types, human and canine."""

from typing_extensions import override

from mitosis.data.inventory import Inventory, Part
from mitosis.data.midog import MIDOG, MPP, cases

SCANNERS = {
    50: "Hamamatsu XR",
    100: "Hamamatsu S360",
    150: "Aperio CS2",
    249: "3D Histech",
    299: "Aperio CS2",
    405: "Hamamatsu XR",
}
"""Last region of a range → scanner. The json names no scanners; these are those of MIDOG 2021 and MIDOG++."""

INVENTORY = Inventory(
    name="MIDOG 2022",
    fields=354,
    mitoses=9501,
    hard_negatives=11_051,
    parts=(
        Part("human breast cancer", 150, 1721, None, cases(1, 150)),
        Part("canine lung cancer", 44, 855, None, cases(151, 194)),
        Part("canine lymphoma", 55, 3959, None, cases(195, 249)),
        Part("canine cutaneous mast cell tumour", 50, 2327, None, cases(250, 299)),
        Part("human neuroendocrine tumour", 55, 639, None, cases(300, 354)),
    ),
    citation="Aubreville et al., Domain generalization across tumor types, laboratories, and species: insights from the"
    " 2022 edition of the Mitosis Domain Generalization Challenge, arXiv:2309.15589",
    licence="see the record on Zenodo",
    where="https://zenodo.org/record/6547151",
    note="405 images, of which 355 to 405 have no labels; the test part was not published; numbers differ from MIDOG++",
    mpp=tuple(MPP[scanner] for scanner in dict.fromkeys(SCANNERS.values())),
)


class MIDOG22(MIDOG):
    """MIDOG 2022: regions of five human and canine tumour types.

    Layout: 001.tiff … 354.tiff and ``MIDOG2022_training.json`` anywhere under ``root``.

    Source:
        Aubreville et al., arXiv:2309.15589, https://zenodo.org/record/6547151
    """

    inventory = INVENTORY
    LABELS = ("MIDOG2022_training.json", "MIDOG2022_training_png.json")
    UNLABELLED = range(355, 406)  # human melanomas

    @override
    def scanner_of(self, number: int) -> str:
        return next((scanner for last, scanner in SCANNERS.items() if number <= last), "unknown")
