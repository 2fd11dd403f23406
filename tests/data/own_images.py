"""A user's own images, as the tests of ``data=folder`` draw and read them."""

from pathlib import Path
from typing import Any

import numpy as np
from arguments import arguments
from PIL import Image
from refused import refused

from mitosis.data.folder import Folder
from mitosis.data.record import Record

HEIGHT, WIDTH = 40, 60
POINTS = "image,x,y,label\np1/a.png,30,20,mitosis\np1/a.png,10,5,non-mitosis\nb.png,59.4,0,mitosis\n"


def picture(path: Path, size: tuple[int, int] = (HEIGHT, WIDTH), **saved: Any) -> np.ndarray:
    """A pink picture with noise, different for each name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(list(path.stem.encode())).integers(0, 40, (*size, 3))
    image = (np.array([200, 140, 180]) + noise).astype(np.uint8)
    Image.fromarray(image).save(path, **saved)
    return image


def save_mask(
    path: Path, *blots: tuple[int, int, int], size: tuple[int, int] = (HEIGHT, WIDTH), dtype=np.uint8
) -> None:
    """A mask of 3 × 3 blots at left, top, each of a grey value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros(size, dtype)
    for left, top, grey in blots:
        mask[top : top + 3, left : left + 3] = grey
    Image.fromarray(mask).save(path)


def folder(root: Path | str | None, **settings: Any) -> Folder:
    return Folder(root, **arguments(mpp=0.25) | settings)  # pyright: ignore


def records(root: Path, **settings: Any) -> dict[str, Record]:
    return {record.field: record for record in folder(root, **settings).records()}


def refusal(root: Path | str | None, **settings: Any) -> str:
    return refused(lambda: folder(root, **settings).records())
