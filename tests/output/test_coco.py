"""COCO json of all images, read again by the project's own reader."""

import json
from pathlib import Path

import numpy as np
import pytest

from mitosis.inference.detections import Detections
from mitosis.label import coco
from mitosis.output.coco import write_coco
from mitosis.output.table import rows_of

TWO = Detections(
    np.array([[10.25, 20.5], [300, 4]]), np.array([0.9, 0.2]), np.array([True, False]), np.array([50.0, 9]), 0.25
)


def test_the_reader_finds_them_at_the_same_places(tmp_path: Path) -> None:
    write_coco(tmp_path / "coco.json", [("a.png", (300, 400), rows_of("a.png", TWO)), ("Ärzte.png", (30, 40), [])])
    labels = coco.read(tmp_path / "coco.json")
    assert labels.sizes == {"a.png": (300, 400), "Ärzte.png": (30, 40)}
    assert [(one.image, one.mitotic) for one in labels.annotations] == [("a.png", True), ("a.png", False)]
    places = np.array([(one.x, one.y) for one in labels.annotations])
    assert places == pytest.approx(TWO.points, abs=0.01)


def test_boxes_are_those_of_midog(tmp_path: Path) -> None:
    write_coco(tmp_path / "coco.json", [("a.png", (300, 400), rows_of("a.png", TWO))])
    content = json.loads((tmp_path / "coco.json").read_text(encoding="utf-8"))
    assert set(content) == {"info", "images", "categories", "annotations"}
    assert content["info"]["description"] == "research use only, not for diagnosis"
    assert content["annotations"][1] == {
        "id": 2,
        "image_id": 1,
        "category_id": 2,
        "bbox": [275.5, -20.5, 50, 50],
        "area": 2500,
        "iscrowd": 0,
        "score": 0.2,
    }


def test_no_images(tmp_path: Path) -> None:
    write_coco(tmp_path / "coco.json", [])
    assert coco.read(tmp_path / "coco.json").annotations == ()
