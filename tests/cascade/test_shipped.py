"""The weights of this package."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mitosis.cascade.bundle import load_cascade
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.heat import heat_of
from mitosis.data.drawing.field import draw_field
from mitosis.run.weights_folder import SHIPPED


@pytest.fixture(scope="module")
def cascade() -> Cascade:
    return load_cascade()


def test_they_are_small_and_say_what_they_were_trained_on() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 20e6
    content = json.loads((SHIPPED / "cascade.json").read_text(encoding="utf-8"))
    assert content["about"]["data"] == "icpr2012_atypia14"
    assert len(content["about"]["patients"]) == 9, "slides 03 and 04 are the same glass in both datasets"
    assert all(len(network["fields"]["train"]) > 100 for network in content["networks"])
    assert all("half" not in network["recipe"] for network in content["networks"])


def test_no_coordinate_is_in_them() -> None:
    """Lists of numbers in the description are settings of recipes, of at most eight numbers."""

    def longest(node: object) -> int:
        if isinstance(node, dict):
            return max(map(longest, node.values()), default=0)
        if isinstance(node, list):
            numbers = sum(isinstance(item, int | float) for item in node)
            return max([numbers, *map(longest, node)])
        return 0

    assert longest(json.loads((SHIPPED / "cascade.json").read_text(encoding="utf-8"))) <= 8


def test_the_operating_points_are_in_order(cascade: Cascade) -> None:
    assert cascade.decision is not None
    recall, balanced, precision = (
        cascade.decision.points[name] for name in ("high_recall", "balanced", "high_precision")
    )
    assert 0 < recall.threshold < balanced.threshold < precision.threshold < 1
    assert recall.recall > balanced.recall > precision.recall
    assert recall.precision < balanced.precision < precision.precision
    assert cascade.decision.alone is not None
    assert balanced.f1 > cascade.decision.alone.f1, "stage two helps"


def test_glass_holds_no_mitosis(cascade: Cascade) -> None:
    assert len(cascade(np.full((300, 300, 3), 243, np.uint8), mpp=0.25)) == 0


def test_a_drawn_field_gives_the_same_every_time(cascade: Cascade) -> None:
    image = draw_field(seed=0, case=17, index=0, size=512).image
    first, second = (cascade(image, mpp=0.25) for _ in range(2))
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(first.scores, second.scores)
    assert ((first.scores >= 0) & (first.scores <= 1)).all()


def test_windows_give_the_detections_of_one_pass(cascade: Cascade, monkeypatch: pytest.MonkeyPatch) -> None:
    image = draw_field(seed=0, case=17, index=0, size=704).image
    whole = cascade.propose(cascade.probability(image, mpp=0.5), mpp=0.5)  # in one window
    assert len(whole.points) > 3
    monkeypatch.setattr(cascade, "windows", dataclasses.replace(cascade.windows, core=640))  # two by two
    parts = cascade.propose(cascade.probability(image, mpp=0.5), mpp=0.5)
    assert np.abs(parts.points - whole.points).max() <= 0.05
    assert np.abs(parts.mean - whole.mean).max() <= 0.005


def test_stage_two_looks_at_the_figure(cascade: Cascade) -> None:
    """In the middle 12 of 24 µm, a quarter of the square, lies most of what it goes by."""
    field = draw_field(seed=0, case=17, index=0, size=256)
    heat = heat_of(cascade, field.image, mpp=0.25, name="drawn")
    assert field.figures
    for figure in field.figures:
        values = np.abs(heat.at(*figure.centroid))
        quarter = len(values) // 4
        assert values[quarter:-quarter, quarter:-quarter].sum() > 0.5 * values.sum()


def test_predict_takes_them_by_itself(cli, tmp_path: Path) -> None:
    Image.fromarray(draw_field(seed=0, case=17, index=0, size=256).image).save(tmp_path / "field.png")
    ended = cli("predict", "input=field.png", "output=out", "mpp=0.25", "point=high_recall")
    assert ended.code == 0, ended.err
    assert (tmp_path / "out" / "detections.csv").read_text().startswith("image,x,y,score,class,area_um2,mpp\n")
    ended = cli("predict", "input=field.png", "output=out2", "mpp=0.25", "point=best")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "point=best: choose one of balanced, high_recall, high_precision" in ended.err
    ended = cli("predict", "input=field.png", "output=out3", "mpp=0.25", "classifier=RUN")
    assert "classifier=RUN without a segmenter" in ended.err
