"""CCMCT: all slides, with the default labels."""

from pathlib import Path

from miniature import Written, slides
from mitosis.data.ccmct import TEST, TRAIN


def build(root: Path) -> Written:
    return slides.build(root, "MITOS_WSI_CCMCT_ODAEL.sqlite", dict(enumerate((*TRAIN, *TEST), start=1)), other=7)


VARIANTS = {"ccmct side_um=32": build}
