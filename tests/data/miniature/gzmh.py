"""GZMH: images and masks with matching names that start with the patient."""

from pathlib import Path

import numpy as np
from PIL import Image

from miniature import SIZE, Written, drawn


def add(root: Path, part: str, name: str, mask: np.ndarray | None = None, suffix: str = "") -> None:
    """A field and its mask, which is black by default."""
    for folder in ("images", "masks"):
        (root / part / folder).mkdir(parents=True, exist_ok=True)
    Image.fromarray(drawn()).save(root / part / "images" / f"{name}.png")
    mask = np.zeros((SIZE, SIZE), np.uint8) if mask is None else mask
    Image.fromarray(mask).save(root / part / "masks" / f"{name}{suffix}.png")


def build(root: Path) -> Written:
    """Eleven training and two test patients, two fields each, one of which has two mitoses at the edges."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[:6, -8:] = mask[-5:, 40:50] = 255
    for number in range(13):
        part = "train" if number < 11 else "test"
        add(root, part, f"p{number:02d}_1", mask)
        add(root, part, f"p{number:02d}_2")
    return Written(2 * 13)


VARIANTS = {"gzmh": build}
