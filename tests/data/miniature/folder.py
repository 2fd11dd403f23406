"""A user's own images, one folder per patient, and one csv of points."""

from pathlib import Path

from PIL import Image

from miniature import Written, drawn


def build(root: Path) -> Written:
    """Four patients with three images each; the last has no mitosis."""
    rows = ["image,x,y,label"]
    for patient in "abcd":
        (root / patient).mkdir(parents=True, exist_ok=True)
        for number in range(3):
            name = f"{patient}/{patient}{number}.png"
            Image.fromarray(drawn()).save(root / name)
            if number < 2:
                rows += [f"{name},127.4,0,mitosis", f"{name},20,30.5,non-mitosis"]
            else:
                rows += [f"{name},64,200,non-mitosis"]
    (root / "cells.csv").write_text("\n".join(rows))
    return Written(2 * 2 * 4, 4)


VARIANTS = {"folder labels=cells.csv mpp=0.25": build}
