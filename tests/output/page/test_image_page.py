"""The page of an image, as a reader uses it in a browser."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import CHROMIUM, open_page

from mitosis.count.count import count_figures
from mitosis.count.hotspot import densest_circle
from mitosis.count.nottingham import component, ten_fields_mm2
from mitosis.count.poisson import poisson_interval
from mitosis.count.tissue_map import TissueMap, tissue_map
from mitosis.data.drawing.field import draw_field
from mitosis.inference.detections import Detections
from mitosis.label import geojson, points
from mitosis.output.page.image_page import write_image_page

NAME = '=<b>"a" & </script>.png'
IMAGE = draw_field(seed=0, case=17, index=0, size=256).image
FOUND = Detections(
    points=np.array([[60.0, 60], [200.25, 100.5], [30, 210], [128, 128], [250, 5]]),
    scores=np.array([0.9, 0.99, 0.5, 0.3, 0.1]),
    accepted=np.array([True, True, True, False, False]),
    area_um2=np.array([40.0, 50, 60, 30, 20]),
    mpp=0.25,
)
POINTS = np.random.default_rng(3).uniform(0, 100, (60, 2)).round(2)
ACTIONS = """
const text = (id) => document.getElementById(id).textContent;
const numbers = () => [text("figures"), text("changes"), text("interval"), text("component-note")];
const key = (name) => document.dispatchEvent(new KeyboardEvent("keydown", { key: name }));
const cards = (id) => document.querySelectorAll(`#${id} .card`);
const canvas = document.getElementById("view");
canvas.setPointerCapture = () => {};  // an event of a script has no pointer
const click = (x, y) => {
  const box = canvas.getBoundingClientRect();
  const [u, v] = viewer.screenOf(x, y);
  for (const name of ["pointerdown", "pointerup"]) {
    canvas.dispatchEvent(new PointerEvent(name, { pointerId: 7, clientX: box.left + u, clientY: box.top + v }));
  }
};
seen.wide = document.documentElement.scrollWidth <= innerWidth;
seen.start = numbers();
seen.scores = [...document.querySelectorAll(".card p")].map((one) => one.textContent);
cards("yes")[0].querySelector(".reject").click();
seen.rejected = numbers();
key("u");
seen.undone = numbers();
key("ArrowRight");  // from the card that was clicked on
key("r");
seen.byKey = [text("figures"), cards("yes")[1].className];
click(128, 128);
key("a");
seen.near = [text("figures"), cards("no")[0].className];
viewer.fit();
key("n");
click(100, 40);
key("Escape");
seen.added = [text("figures"), cards("yes").length];
click(5000, 40);
seen.blobs = [];
URL.createObjectURL = (blob) => { seen.blobs.push(blob); return "#"; };
URL.revokeObjectURL = () => {};
HTMLAnchorElement.prototype.click = function () { seen.names = [...(seen.names || []), this.download]; };
document.getElementById("save-geojson").click();
document.getElementById("save-csv").click();
seen.saved = await Promise.all(seen.blobs.map((blob) => blob.text()));
seen.intervals = [0, 1, 7, 400].map((count) => interval(count));
seen.components = [0, 4, 9, 40].map((count) => component(count, given.ten / 3, given.ten, given.cuts));
const points = POINTS;
seen.circles = [0.5, 5, 12, 40, 200].map((radius) => densestCircle(points, radius).count);
"""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "a page.html"
    count = count_figures(FOUND.mitoses().points, tissue_map(IMAGE, 0.25), 0.55)
    write_image_page(path, NAME, IMAGE, FOUND, count, ["mitosis 1", "<i>cost"])
    return path


@pytest.fixture(scope="module")
def seen(page: Path) -> dict[str, Any]:
    return open_page(page, ACTIONS.replace("POINTS", json.dumps(POINTS.tolist())))


def test_it_is_one_file_that_asks_for_nothing_else(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!data:)', text)
    assert not re.findall(r"https?://", text)
    assert "Research use only, not for diagnosis." in text
    assert "<title>=&lt;b&gt;&quot;a&quot; &amp; &lt;/script&gt;.png: mitotic count</title>" in text


@needs_chromium
def test_nothing_goes_wrong(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    assert seen["wide"], "nothing is cut off at the right"


@needs_chromium
def test_it_begins_with_the_count_and_the_most_certain(seen: dict[str, Any]) -> None:
    figures, changes, interval, note = seen["start"]
    low, high = (limit / 0.004096 for limit in poisson_interval(3))  # 256 pixels of 0.25 µm are 0.064 mm
    assert (figures, changes) == ("3", "not checked yet")
    assert interval == f"95 %: {low:,.1f} to {high:,.1f}"
    assert note == f"extrapolated to 10 HPF: {3 / 0.004096 * ten_fields_mm2(0.55):,.0f}"
    assert seen["scores"] == ["score 0.99", "score 0.90", "score 0.50", "score 0.30", "score 0.10"]


@needs_chromium
def test_rejecting_accepting_and_adding_change_the_count(seen: dict[str, Any]) -> None:
    assert seen["rejected"][:2] == ["2", "1 checked, −1"]
    assert seen["rejected"][2] != seen["start"][2]
    assert seen["undone"] == seen["start"]
    assert seen["byKey"] == ["2", "card chosen refused"]
    assert seen["near"] == ["3", "card chosen counted"], "picked on the image"
    assert seen["added"] == ["4", 4]


@needs_chromium
def test_what_is_saved_is_read_as_labels(seen: dict[str, Any], tmp_path: Path) -> None:
    assert seen["names"] == [f"{NAME}.geojson", f"{NAME}.csv"]
    expected = [
        (True, 200.25, 100.5),
        (False, 60, 60),
        (True, 30, 210),
        (True, 128, 128),
        (False, 250, 5),
        (True, 100, 40),
    ]
    (tmp_path / "a.geojson").write_text(seen["saved"][0], encoding="utf-8")
    (tmp_path / "a.csv").write_text(seen["saved"][1], encoding="utf-8")
    for labels in (geojson.read(tmp_path / "a.geojson"), points.read(tmp_path / "a.csv")):
        assert [cell.mitotic for cell in labels.annotations] == [mitotic for mitotic, _, _ in expected]
        places = np.array([(cell.x, cell.y) for cell in labels.annotations])
        assert places == pytest.approx(np.array([place for _, *place in expected]), abs=0.6)
    rows = list(csv.DictReader(io.StringIO(seen["saved"][1])))
    reviews = [row["review"] for row in rows]
    assert reviews == ["unchecked", "rejected", "unchecked", "accepted", "unchecked", "added"]
    assert {row["image"] for row in rows} == {f"'{NAME}"}
    features = json.loads(seen["saved"][0])["features"]
    assert [one["properties"]["metadata"]["review"] for one in features] == reviews


@needs_chromium
def test_the_page_counts_as_the_package_does(seen: dict[str, Any]) -> None:
    for count, limits in zip((0, 1, 7, 400), seen["intervals"], strict=True):
        assert limits == pytest.approx(poisson_interval(count), abs=1e-6)
    for count, own in zip((0, 4, 9, 40), seen["components"], strict=True):
        expected = component(count, ten_fields_mm2(0.55) / 3, 0.55)
        assert (own["score"], own["low"], own["high"]) == (expected.score, expected.low, expected.high)
        assert (own["per10"], own["extrapolated"]) == (pytest.approx(expected.per_10_hpf), True)
    for radius, count in zip((0.5, 5, 12, 40, 200), seen["circles"], strict=True):
        assert count == densest_circle(POINTS, radius).holds(POINTS).sum()


@needs_chromium
def test_a_large_image_has_hotspots_that_follow_the_corrections(tmp_path: Path) -> None:
    """25 mm² on a picture of 100 pixels, on a narrow screen: a circle of 2.4 mm² has 6950 pixels across."""
    size, xs = (20_000, 20_000), [1000.0, 2000, 3000, 15_000]
    found = Detections(
        np.array([(x, 5000.0) for x in xs]), np.full(4, 0.9), np.full(4, True), np.full(4, 40.0), mpp=0.25
    )
    count = count_figures(found.points, TissueMap(np.ones((50, 50), bool), size, 0.25), 0.55)
    write_image_page(tmp_path / "a.html", "a.png", IMAGE[:100, :100], found, count, [])
    actions = """
    const told = () => [...document.querySelectorAll("#hotspots td")].map((one) => one.textContent);
    seen.wide = document.documentElement.scrollWidth <= innerWidth;
    seen.before = told();
    seen.note = document.getElementById("component-note").textContent;
    for (const card of [...document.querySelectorAll(".card")].slice(0, 2)) card.querySelector(".reject").click();
    seen.after = told();
    """
    seen = open_page(tmp_path / "a.html", actions, width=390)
    assert seen["errors"] == []
    assert seen["wide"]
    assert seen["before"][::3] == ["2 mm², circle", "2.37 mm², circle", "10 HPF of 0.55 mm, circle"]
    assert seen["before"][1::3] == ["3 figures"] * 3
    assert seen["note"] == "borderline: 1 to 2; 3 in 10 HPF"
    assert seen["before"][2] == "1.5 per mm² (0.3 to 4.4)"
    assert seen["after"][1::3] == ["1 figure"] * 3


def test_the_lowest_near_misses_of_many_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mitosis.output.page.image_page.NEAR_MISSES", 1)
    monkeypatch.setattr("mitosis.output.page.image_page.LONGEST", 64)
    count = count_figures(FOUND.mitoses().points, tissue_map(IMAGE, 0.25), 0.55)
    write_image_page(tmp_path / "a.html", "a.png", IMAGE, FOUND, count, [])
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert [row[2] for row in data["detections"]] == [0.99, 0.9, 0.5, 0.3]
    assert (data["left_out"], data["scale"], data["width"]) == (1, 0.25, 256)
