"""MIDOG 2022 from a miniature: which regions have labels, and what scanned them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mitosis.data.drawing.field import draw_field
from mitosis.data.midog22 import MIDOG22, scanner_of
from mitosis.errors import InputError

ARGUMENTS: dict[str, Any] = {"stain": lambda image, name: image, "samples_per_epoch": 1, "batch_size": 1, "folds": None}


def write(root: Path, numbers: tuple[int, ...], marked: int, name: str) -> Path:
    """The json and an image for each number; ``marked`` has a mitosis at (40, 50) and a hard negative at (80, 90)."""
    images = [{"id": n, "file_name": f"{n:03d}.tiff", "width": 128, "height": 128} for n in numbers]
    boxes = [
        {"bbox": [x - 25, y - 25, x + 25, y + 25], "category_id": category, "image_id": marked, "id": category}
        for x, y, category in ((40, 50, 1), (80, 90, 2))
    ]
    (root / name).write_text(json.dumps({"images": images, "annotations": boxes}))
    drawn = Image.fromarray(draw_field(seed=0, case=0, index=0, size=128).image)
    for number in numbers:
        drawn.save(root / f"{number:03d}.tiff")
    return root


@pytest.mark.parametrize("name", ["MIDOG2022_training.json", "MIDOG2022_training_png.json"])
def test_the_first_354_regions_have_labels(tmp_path, name):
    root = write(tmp_path, (150, 151, 249, 250, 300, 355, 405), 300, name)
    records = MIDOG22(root, fold=0, **ARGUMENTS).records()
    assert [(item.field, item.scanner, item.mpp) for item in records] == [
        *(("150", "Aperio CS2", 0.25), ("151", "3D Histech", 0.25), ("249", "3D Histech", 0.25)),
        *(("250", "Aperio CS2", 0.25), ("300", "Hamamatsu XR", 0.23)),
    ]
    np.testing.assert_allclose(records[4].centroids, [[40, 50]], atol=0.1)
    np.testing.assert_array_equal(records[4].hard_negatives, [[80, 90]])
    assert MIDOG22(root, fold="official", **ARGUMENTS).parts.test_absent


def test_numbers_beyond_the_set_are_refused(tmp_path):
    root = write(tmp_path, (406,), 406, "MIDOG2022_training.json")
    with pytest.raises(InputError, match=r"image 406.tiff: scanner 'unknown' is none of Hamamatsu XR, "):
        MIDOG22(root, fold=0, **ARGUMENTS).records()


def test_inventory():
    inventory = MIDOG22.INVENTORY
    assert sum(part.fields or 0 for part in inventory.parts) == inventory.fields
    assert sum(part.mitoses or 0 for part in inventory.parts) == inventory.mitoses
    assert all(len(part.cases) == part.fields for part in inventory.parts)
    assert {scanner_of(number) for number in range(1, 406)} == {
        *("Hamamatsu XR", "Hamamatsu S360", "Aperio CS2", "3D Histech"),
    }
