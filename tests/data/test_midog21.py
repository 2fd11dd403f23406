"""MIDOG 2021 from a miniature: which regions have labels, and what scanned them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mitosis.data.drawing.field import draw_field
from mitosis.data.midog21 import MIDOG21, scanner_of
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


def test_the_first_150_regions_have_labels(tmp_path):
    root = write(tmp_path, (1, 50, 51, 101, 150, 151), 51, "MIDOG.json")
    records = MIDOG21(root, fold=0, **ARGUMENTS).records()
    assert [(item.field, item.scanner, item.mpp) for item in records] == [
        *(("001", "Hamamatsu XR", 0.23), ("050", "Hamamatsu XR", 0.23), ("051", "Hamamatsu S360", 0.23)),
        *(("101", "Aperio CS2", 0.25), ("150", "Aperio CS2", 0.25)),
    ]
    assert [len(item.figures) for item in records] == [0, 0, 1, 0, 0]
    np.testing.assert_allclose(records[2].centroids, [[40, 50]], atol=0.1)
    np.testing.assert_array_equal(records[2].hard_negatives, [[80, 90]])
    parts = MIDOG21(root, fold="official", **ARGUMENTS).parts
    assert parts.test_absent and len(parts.train + parts.val) == 5 and "no test figure" in parts.note


def test_another_challenges_json_is_not_read(tmp_path):
    root = write(tmp_path, (1,), 1, "MIDOG2022_training.json")
    with pytest.raises(InputError, match=r"no MIDOG.json in it; put it beside the images"):
        MIDOG21(root, fold=0, **ARGUMENTS).records()


def test_inventory():
    inventory = MIDOG21.INVENTORY
    assert sum(part.fields or 0 for part in inventory.parts) == inventory.fields
    assert sum(part.mitoses or 0 for part in inventory.parts) == inventory.mitoses
    assert sum(part.hard_negatives or 0 for part in inventory.parts) == inventory.hard_negatives
    for part in inventory.parts:
        assert {scanner_of(int(case)) for case in part.cases} == {part.name} and len(part.cases) == part.fields
