"""Pictures of coloured squares, and the table of what is detected in them."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

HEADER = "image,x,y,score,class,area_um2,mpp\n"
RED, GREY, WHITE = (90, 20, 20), (40, 40, 40), (255, 255, 255)


def picture(path: Path, *squares: tuple[int, int, tuple[int, int, int]], side: int = 12, size=(90, 120)) -> Path:
    """A white picture with squares at left, top, of a colour."""
    image = np.full((*size, 3), 255, np.uint8)
    for left, top, colour in squares:
        image[top : top + side, left : left + side] = colour
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    return list(csv.DictReader(text.splitlines()))


def folder_of(path: Path, *names: str) -> Path:
    for left, name in enumerate(names):
        picture(path / name, (30 + left, 50, RED))
    return path
