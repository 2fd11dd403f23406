"""ICPR 2012 and MITOS-ATYPIA-14, each in a folder of its own."""

from pathlib import Path

from miniature import Written, icpr2012, mitos_atypia14


def build(root: Path) -> Written:
    """The miniatures of both, in ``root/icpr2012`` and ``root/mitos_atypia14``."""
    one, other = icpr2012.build(root / "icpr2012"), mitos_atypia14.build(root / "mitos_atypia14")
    return Written(one.inside + other.inside, one.outside + other.outside)


VARIANTS = {"icpr2012_atypia14": build, "icpr2012_atypia14 sets.icpr2012.folds=image": build}
