"""The json of points that the MIDOG contests take."""

import json
from pathlib import Path

import numpy as np

from mitosis.inference.detections import Detections
from mitosis.output.grand_challenge import write_points


def test_points_are_in_millimetres(tmp_path: Path) -> None:
    two = Detections(
        np.array([[1000, 0], [7.5, 2000]]), np.array([0.8, 0.1]), np.array([True, False]), np.array([9.0, 9]), 0.25
    )
    write_points(tmp_path / "new" / "a.json", two)
    assert json.loads((tmp_path / "new" / "a.json").read_text()) == {
        "name": "mitotic figures",
        "type": "Multiple points",
        "points": [
            {"name": "mitotic figure", "point": [0.25, 0, 0], "probability": 0.8},
            {"name": "non-mitotic figure", "point": [0.001875, 0.5, 0], "probability": 0.1},
        ],
        "version": {"major": 1, "minor": 0},
    }


def test_no_points(tmp_path: Path) -> None:
    write_points(tmp_path / "a.json", Detections(np.zeros((0, 2)), np.zeros(0), np.zeros(0, bool), np.zeros(0), 0.25))
    assert json.loads((tmp_path / "a.json").read_text())["points"] == []
