"""A training on points with rings, from csv to metrics."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mitosis.data.drawing.field import draw_field
from mitosis.run import read_yaml

TINY = ["model=scmitosis_seg", "budget=smoke", "budget.widths=[4,4,8,8]", "data=folder", "data.labels=cells.csv"]
TINY += ["data.case=name", "data.mpp=0.25", "data.samples_per_epoch=4", "data.batch_size=4", "view.train.size=64"]
TINY += ["view.train.jitter=16", "stain=none", "max_steps=1", "trainer=cpu", "fold=0"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Six cases of drawn fields and the centres of their mitoses."""
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


def test_a_run_learns_from_masks_with_rings(cli, root: Path) -> None:
    ended = cli("train", *TINY, f"data.root={root}", "data.ring_um=8", f"data.cache={root.parent / 'cache'}")
    assert ended.code == 0, ended.err
    (recipe,) = root.parent.rglob("recipe.yaml")
    assert read_yaml(recipe)["data"]["ring_um"] == 8 and (recipe.parent / "metrics.json").is_file()
    masks = [np.load(path) for path in (root.parent / "cache/masks").iterdir()]
    assert {value for mask in masks for value in np.unique(mask).tolist()} == {0, 1, 2}
