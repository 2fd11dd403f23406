"""ICPR 2012: fields and csvs in folders by slide, a row of pixels for each mitosis."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from miniature import Written
from mitosis.data.drawing.field import draw_field
from mitosis.data.fold.lists import read_folds


def write(root: Path, fields: Iterable[str], side: int = 96) -> int:
    """Write the contest's folders with drawn fields of these names; returns the number of mitoses."""
    mitoses = 0
    for number, name in enumerate(fields):
        drawn = draw_field(seed=0, case=number, index=0, size=side)
        folder = root / f"{name[:3]}_v2"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn.image).save(folder / f"{name}.bmp")
        rows = [",".join(map(str, np.asarray(figure.pixels).ravel())) for figure in drawn.figures]
        (folder / f"{name}.csv").write_text("\n".join(rows))
        mitoses += len(rows)
    return mitoses


def training(scanner: str = "A") -> list[str]:
    """The names of the 35 training fields, in order."""
    lists = read_folds(f"icpr2012-slide:{scanner}")["official"]
    return sorted([*lists["train"], *lists["val"]])


def build(root: Path) -> Written:
    """The training part of scanner A and, in separate folders, the evaluation part."""
    evaluation = sorted(read_folds("icpr2012-slide:A")["official"]["test"])
    return Written(write(root / "training", training()) + write(root / "evaluation", evaluation))


def hamamatsu(root: Path) -> Written:
    """The training part of scanner H."""
    return Written(write(root, training("H")))


VARIANTS = {"icpr2012": build, "icpr2012 folds=image": build, "icpr2012 scanner=H": hamamatsu}
