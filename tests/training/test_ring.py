"""Training on points with rings, from csv to metrics."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import TINY

from mitosis.cascade.proposal import labels_of
from mitosis.data.drawing.field import draw_field
from mitosis.data.reading.figure import figure_of
from mitosis.data.record import Field, Record
from mitosis.files import read_yaml
from mitosis.inference.components import extract
from mitosis.label.annotation import Annotation

OWN = [*TINY, "data=folder", "data.labels=cells.csv", "data.case=name", "data.mpp=0.25", "data.samples_per_epoch=4"]
OWN += ["max_steps=1", "trainer=exact", "fold=0"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Six cases of synthetic fields and the centres of their mitoses."""
    root = tmp_path / "images"
    root.mkdir()
    rows: list[tuple] = [("image", "x", "y")]
    for case in range(6):
        drawn = draw_field(seed=0, case=case, index=0, size=128)
        Image.fromarray(drawn.image).save(root / f"p{case}.png")
        rows += [(f"p{case}", *figure.centroid) for figure in drawn.figures]
    with (root / "cells.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return root


def test_a_run_trains_on_masks_with_rings(cli, root: Path) -> None:
    ended = cli("train", *OWN, f"data.root={root}", "data.ring_um=8", f"data.cache={root.parent / 'cache'}")
    assert ended.code == 0, ended.err
    (recipe,) = root.parent.rglob("recipe.yaml")
    assert read_yaml(recipe)["data"]["ring_um"] == 8
    assert (recipe.parent / "metrics.json").is_file()
    masks = [np.load(path) for path in (root.parent / "cache/masks").iterdir()]
    assert {value for mask in masks for value in np.unique(mask).tolist()} == {0, 1, 2}


def test_candidates_in_a_ring_are_not_negatives() -> None:
    label = Annotation("a", True, 60.0, 60.0)
    figure = figure_of(label, (120, 120), mpp=0.25, radius_um=4.0, ring_um=10.0)  # 16 and 40 pixels
    assert figure is not None
    record = Record("a", lambda: np.zeros((120, 120, 3), np.uint8), (120, 120), 0.25, "a", "a", "s", (figure,))
    probability = np.zeros((120, 120))
    probability[52:69, 52:69] = 1  # on the mitosis
    probability[55:65, 86:96] = 1  # wholly in the ring
    probability[55:65, 15:25] = 1  # half beyond it
    probability[5:15, 100:110] = 1  # far away
    found = extract(probability, threshold=0.5, min_area_um2=1, mpp=0.25)
    labels = labels_of(found, Field(record, record.read(), record.mask()))
    by_place = {(int(x), int(y)): int(label) for (x, y), label in zip(found.points, labels, strict=True)}
    assert by_place == {(60, 60): 1, (90, 59): -1, (19, 59): 0, (104, 9): 0}
