"""CMC: all slides, with the numbers that the publishers' folds use."""

from pathlib import Path

from miniature import Written, slides
from mitosis.data.cmc import FOLDS, TEST, TRAIN

NUMBERS = sorted(number for fold in FOLDS for number in fold)


def build(root: Path) -> Written:
    named = dict(zip(NUMBERS, sorted((*TRAIN, *TEST)), strict=True))
    return slides.build(root, "MITOS_WSI_CMC_CODAEL_TR.sqlite", named, other=1)


VARIANTS = {"cmc side_um=32": build}
