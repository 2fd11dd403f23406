"""CCMCT: 32 whole slides of canine cutaneous mast cell tumours, every mitosis in them annotated."""

from typing_extensions import override

from mitosis.data.fold.deal import Official
from mitosis.data.inventory import Inventory, Part
from mitosis.data.slides import SlideSet

TRAIN = (
    "066c94c4c161224077a9", "0e56fd11a762be0983f0", "20c0753af38303691b27", "285f74bb6be025a676b6",
    "2e611073cff18d503cea", "2efb541724b5c017c503", "2f17d43b3f9e7dacf24c", "2f2591b840e83a4b4358",
    "34eb28ce68c1106b2bac", "39ecf7f94ed96824405d", "3f2e034c75840cb901e6", "70ed18cd5f806cf396f0",
    "8bebdd1f04140ed89426", "91a8e57ea1f9cb0aeb63", "9374efe6ac06388cc877", "a0c8b612fe0655eab3ce",
    "ac1168b2c893d2acad38", "c3eb4b8382b470dd63a9", "ce949341ba99845813ac", "dd6dd0d54b81ebc59c77",
    "fff27b79894fe0157b08",
)  # fmt: skip
TEST = (
    "1018715d369dd0df2fc0", "552c51bfb88fd3e65ffe", "8c9f9618fcaca747b7c3", "96274538c93980aad8d6",
    "add0a9bbc53d1d9bac4c", "be10fa37ad6e88e1f406", "c86cd41f96331adf3856", "c91a842257ed2add5134",
    "dd4246ab756f6479c841", "f26e9fcef24609b988be", "f3741e764d39ccc4d114",
)  # fmt: skip


def _inventory(labels: str, train: tuple[int, int | None], test: tuple[int, int | None]) -> Inventory:
    others = None if train[1] is None or test[1] is None else train[1] + test[1]
    return Inventory(
        name=f"CCMCT, {labels}",
        fields=None,
        mitoses=train[0] + test[0],
        hard_negatives=others,
        parts=(Part("training", None, *train, TRAIN), Part("test", None, *test, TEST)),
        citation="Bertram et al., A large-scale dataset for mitotic figure assessment on whole slide images of canine"
        " cutaneous mast cell tumor, Scientific Data 6:274 (2019)",
        licence="see figshare",
        where="doi:10.1038/s41597-019-0290-4; https://github.com/DeepMicroscopy/MITOS_WSI_CCMCT",
        mpp=(0.25,),
    )


class CCMCT(SlideSet):
    """CCMCT: whole slides of canine cutaneous mast cell tumours.

    Layout: the slides and ``MITOS_WSI_CCMCT_<labels>.sqlite`` anywhere under ``root``. Mitosis-like cells are the hard
    negatives; the labelled granulocytes and other tumour cells are ignored. The counts and the test slides come from
    the statistics that the publishers give for the databases.

    Args:
        labels: ``MEL`` (labelled by hand), ``HEAEL`` (with hard examples added) or ``ODAEL`` (with cells added that a
            detector found).
        kwargs: As for ``SlideSet``.

    Source:
        Bertram et al., Scientific Data 6:274 (2019), doi:10.1038/s41597-019-0290-4
    """

    NAME = "MITOS_WSI_CCMCT"
    INVENTORIES = {
        "MEL": _inventory("MEL", (20_914, None), (21_551, None)),
        "HEAEL": _inventory("HEAEL", (21_036, 3029), (21_571, 3070)),
        "ODAEL": _inventory("ODAEL", (22_404, 14_340), (22_476, 13_625)),
    }
    CLASSES = {2: True, 7: False}
    SCANNER = "Aperio ScanScope CS2"

    @override
    def official(self) -> Official:
        return Official(test=frozenset(TEST))
