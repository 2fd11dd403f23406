"""MIDOG 2021 and 2022: numbered regions and one json of boxes, which are given as corners."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from miniature import SIZE, Written, drawn


def box(number: int, x: float, y: float, category: int = 1) -> dict[str, Any]:
    """A box of 50 pixels around a mitosis (category 1) or hard negative (2) in region ``number``."""
    return {"bbox": [x - 25, y - 25, x + 25, y + 25], "category_id": category, "image_id": number, "id": 1}


def write(root: Path, name: str, numbers: tuple[int, ...], boxes: list[dict[str, Any]]) -> Path:
    """Write the json with this name, and an image for each number."""
    root.mkdir(parents=True, exist_ok=True)
    images = [{"id": n, "file_name": f"{n:03d}.tiff", "width": SIZE, "height": SIZE} for n in numbers]
    (root / name).write_text(json.dumps({"images": images, "annotations": boxes, "categories": []}))
    picture = Image.fromarray(drawn())
    for number in numbers:
        picture.save(root / f"{number:03d}.tiff")
    return root


def boxes(numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    """A mitosis at an edge and a hard negative in each region, and one of each outside the first region."""
    first = numbers[0]
    inner = [box(n, *place) for n in numbers for place in ((127, 5, 1), (64, 80.5, 2))]
    return [*inner, box(first, 128, 5), box(first, 40, -3, 2)]


def midog21(root: Path) -> Written:
    """Regions of all three labelled scanners, and one unlabelled region."""
    numbers = (*range(1, 5), *range(51, 55), *range(101, 105))
    write(root, "MIDOG.json", (*numbers, 151), boxes(numbers))
    return Written(2 * len(numbers), 2)


def midog22(root: Path) -> Written:
    """Regions of all scanners, and one unlabelled region."""
    numbers = (1, 2, 51, 52, 101, 102, 151, 200, 260, 300, 354)
    write(root, "MIDOG2022_training.json", (*numbers, 355), boxes(numbers))
    return Written(2 * len(numbers), 2)


VARIANTS = {"midog21": midog21, "midog22": midog22}
