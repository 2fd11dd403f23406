"""What tests of the MIDOG sets share."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mitosis.data.drawing.field import draw_field


@pytest.fixture
def midog_folder(tmp_path: Path) -> Callable[[tuple[int, ...], int, str], Path]:
    """``midog_folder(numbers, marked, name)``: a challenge's json of that name, and an image for each number.

    The region ``marked`` has a mitosis at (40, 50) and a hard negative at (80, 90).
    """

    def write(numbers: tuple[int, ...], marked: int, name: str) -> Path:
        images = [{"id": n, "file_name": f"{n:03d}.tiff", "width": 128, "height": 128} for n in numbers]
        boxes = [
            {"bbox": [x - 25, y - 25, x + 25, y + 25], "category_id": category, "image_id": marked, "id": category}
            for x, y, category in ((40, 50, 1), (80, 90, 2))
        ]
        (tmp_path / name).write_text(json.dumps({"images": images, "annotations": boxes}))
        drawn = Image.fromarray(draw_field(seed=0, case=0, index=0, size=128).image)
        for number in numbers:
            drawn.save(tmp_path / f"{number:03d}.tiff")
        return tmp_path

    return write
