"""GeoJSON for QuPath: against a schema of our own, read again as labels, and of a slide's many objects."""

import json
import math
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mitosis.count.count import Hotspot
from mitosis.count.window import Window
from mitosis.data.reading.folder_labels import read_labels
from mitosis.inference.detections import Detections
from mitosis.label import geojson
from mitosis.label.kind import ClassNames
from mitosis.label.shape import area
from mitosis.output.qupath import write_qupath

TWO = Detections(
    points=np.array([[10.25, 20.5], [300, 4]]),
    scores=np.array([0.91234, 0.2]),
    accepted=np.array([True, False]),
    area_um2=np.array([50.0, 0.0]),
    mpp=0.25,
)
SPOT = Hotspot("2 mm², circle", Window(100, 120, 60, 60, circle=True), 3, 2.0, 1.5)


def check_feature(feature: dict) -> None:
    """Raise ``AssertionError`` unless QuPath takes the object as meant."""
    assert set(feature) == {"type", "geometry", "properties"}
    assert feature["type"] == "Feature"
    assert feature["geometry"]["type"] == "Polygon"
    (ring,) = feature["geometry"]["coordinates"]
    assert len(ring) >= 4
    assert ring[0] == ring[-1]
    assert all(len(place) == 2 and all(math.isfinite(value) for value in place) for place in ring)
    assert len({tuple(place) for place in ring}) == len(ring) - 1, "no place twice"
    assert area(np.array(ring[:-1])) > 0
    properties = feature["properties"]
    assert properties["objectType"] in ("detection", "annotation")
    assert isinstance(properties["classification"]["name"], str)
    colour = properties["classification"]["color"]
    assert len(colour) == 3
    assert all(isinstance(value, int) and 0 <= value <= 255 for value in colour)
    assert all(isinstance(value, int | float) for value in properties["measurements"].values())


def test_objects_have_class_score_and_area(tmp_path: Path) -> None:
    write_qupath(tmp_path / "a.png.geojson", TWO, (SPOT,))
    content = json.loads((tmp_path / "a.png.geojson").read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection"
    assert content["note"] == "research use only, not for diagnosis"
    spot, first, second = content["features"]
    for feature in content["features"]:
        check_feature(feature)
    assert spot["properties"]["name"] == "Hotspot, 2 mm², circle: 3 figures"
    assert spot["properties"]["objectType"] == "annotation"
    assert spot["properties"]["isLocked"]
    assert spot["properties"]["classification"]["name"] == "Region*"
    assert spot["properties"]["measurements"] == {"figures": 3, "area_mm2": 2.0, "tissue_mm2": 1.5}
    assert first["properties"]["classification"]["name"] == "Mitosis"
    assert first["properties"]["measurements"] == {"score": 0.9123, "area_um2": 50}
    assert second["properties"]["classification"]["name"] == "Non-mitosis"
    assert area(np.array(first["geometry"]["coordinates"][0][:-1])) == pytest.approx(50 / 0.25**2, rel=1e-3)
    xs = [x for x, _ in second["geometry"]["coordinates"][0]]
    assert (max(xs) - min(xs)) / 2 == pytest.approx(2 / 0.25), "an object without an area has a radius of 2 µm"


def test_labels_are_read_at_the_same_places(tmp_path: Path) -> None:
    write_qupath(tmp_path / "a.geojson", TWO, (SPOT,))
    names = ClassNames()
    first, second = geojson.read(tmp_path / "a.geojson", names=names).annotations
    assert (first.mitotic, second.mitotic) == (True, False)
    assert (first.x, first.y, second.x, second.y) == pytest.approx((10.25, 20.5, 300, 4), abs=0.01)
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'Region*'"


def test_a_folder_of_them_labels_images(tmp_path: Path) -> None:
    image = tmp_path / "images" / "a.png"
    image.parent.mkdir()
    Image.new("RGB", (400, 300)).save(image)
    write_qupath(tmp_path / "geojson" / "a.png.geojson", TWO)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_labels({"a": image}, image.parent, tmp_path / "geojson", "auto", (), ClassNames())
    assert [(cell.mitotic, round(cell.x, 2), round(cell.y, 2)) for cell in read.cells["a"]] == [
        (True, 10.25, 20.5),
        (False, 300, 4),
    ]


def test_an_image_without_candidates_has_a_file(tmp_path: Path) -> None:
    none = Detections(np.zeros((0, 2)), np.zeros(0), np.zeros(0, bool), np.zeros(0), 0.25)
    write_qupath(tmp_path / "a.geojson", none)
    assert geojson.read(tmp_path / "a.geojson").annotations == ()


def test_many_objects_take_no_memory(tmp_path: Path) -> None:
    count = 5000
    points = np.random.default_rng(0).uniform(0, 1e5, (count, 2))
    many = Detections(points, np.full(count, 0.5), np.full(count, True), np.full(count, 40.0), 0.25)
    tracemalloc.start()
    write_qupath(tmp_path / "a.geojson", many)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    written = (tmp_path / "a.geojson").stat().st_size
    assert written > 1.5e6
    assert peak < 0.2 * written
