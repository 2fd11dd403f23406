"""The page of a slide: small from afar, with cards of full resolution and its hotspot in detail."""

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import CHROMIUM, open_page
from PIL import Image

from mitosis.count.count import count_figures
from mitosis.count.tissue_map import TissueMap
from mitosis.errors import InputError
from mitosis.image.scan import Scan, read_scan
from mitosis.inference.detections import Detections
from mitosis.output.page.slide_page import write_slide_page

SIZE = (900, 1200)
PLACES = np.array([[100.0, 100], [600, 400], [4, 4], [800, 800], [1000, 300]])
FOUND = Detections(
    PLACES,
    np.array([0.9, 0.8, 0.7, 0.3, 0.2]),
    np.array([True, True, True, False, False]),
    np.full(5, 40.0),
    mpp=0.25,
)


@pytest.fixture
def page(tmp_path: Path, write_slide: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pink tissue with a dark square of 5 µm at each place; two figures and one near-miss have a card of their own."""
    image = np.full((*SIZE, 3), (215, 170, 205), np.uint8)
    for number, (x, y) in enumerate(PLACES.astype(int)):
        image[max(0, y - 10) : y + 10, max(0, x - 10) : x + 10] = (20 + 20 * number, 20, 90)
    monkeypatch.setattr("mitosis.output.page.slide_page.LONGEST", 300)
    monkeypatch.setattr("mitosis.output.page.image_page.CUTS_OF", {"yes": 3, "no": 1})
    scan = read_scan(write_slide(tmp_path / "a.svs", image))
    count = count_figures(FOUND.mitoses().points, TissueMap(np.ones((9, 12), bool), SIZE, 0.25), 0.55)
    write_slide_page(tmp_path / "page.html", "a.svs", scan, FOUND, count, ["how"])
    return tmp_path / "page.html"


def picture(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def data_of(page: Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return json.loads(found[1])


def test_cards_are_cut_at_full_resolution_from_a_slide_that_is_shown_small(page: Path) -> None:
    data = data_of(page)
    assert picture(data["picture"]).shape == (225, 300, 3)
    assert (data["scale"], data["width"], data["height"]) == (0.25, 1200, 900)
    assert [crop is not None for crop in data["crops"]] == [True, True, True, True, False]
    for number, crop in enumerate(data["crops"][:2]):
        pixels = picture(crop)
        assert pixels.shape == (160, 160, 3)
        dark = pixels[..., 1] < 100
        assert dark.sum() == pytest.approx(400, abs=60), "20 pixels of 0.25 µm in 40 µm of 160 pixels"
        assert np.argwhere(dark).mean(axis=0) == pytest.approx((79.5, 79.5), abs=1)
        assert pixels[80, 80] == pytest.approx(np.array([20 + 20 * number, 20, 90]), abs=12)
    corner = picture(data["crops"][2])
    assert corner[:60].min() > 240, "white beyond the slide"
    assert corner[80, 80] == pytest.approx(np.array([60, 20, 90]), abs=12)


def test_the_hotspot_is_shown_in_detail(tmp_path: Path, write_slide: Callable[..., Path], monkeypatch) -> None:
    """Slides of 2 µm per pixel with 4.32 mm² of tissue: the largest circle, of ten fields of 0.55 mm, is 870 wide."""
    image = np.full((*SIZE, 3), (215, 170, 205), np.uint8)
    image[390:410, 590:610] = (40, 20, 90)
    scan = read_scan(write_slide(tmp_path / "a.svs", image, mpp=2))
    found = Detections(np.array([[599.5, 399.5]]), np.array([0.9]), np.array([True]), np.array([1600.0]), mpp=2.0)
    count = count_figures(found.points, TissueMap(np.ones((9, 12), bool), SIZE, 2.0), 0.55)
    monkeypatch.setattr("mitosis.output.page.slide_page.LONGEST", 300)
    monkeypatch.setattr("mitosis.output.page.slide_page.DETAIL_UM", 4)
    write_slide_page(tmp_path / "page.html", "a.svs", scan, found, count, [])
    (detail,) = data_of(tmp_path / "page.html")["details"]
    window = next(one.window for one in count.hotspots if "10 HPF" in one.name and one.window.circle)
    assert window.width == pytest.approx(869.6, abs=0.1)
    left, top = max(0, int(window.x - 434.8)), max(0, int(window.y - 434.8))
    assert (detail["left"], detail["top"]) == (left, top)
    assert (detail["width"], detail["height"]) == pytest.approx(
        (min(1200, window.x + 434.8) - left, min(900, window.y + 434.8) - top), abs=1
    )
    pixels = picture(detail["picture"])
    assert pixels.shape[1::-1] == pytest.approx((detail["width"] / 2, detail["height"] / 2), abs=1)
    dark = np.argwhere(pixels[..., 1] < 100)
    assert len(dark) == pytest.approx(100, abs=20)
    assert dark.mean(axis=0)[::-1] * 2 == pytest.approx((599.5 - left, 399.5 - top), abs=2)
    monkeypatch.setattr("mitosis.output.page.slide_page.DETAIL_UM", 8)
    write_slide_page(tmp_path / "page.html", "a.svs", scan, found, count, [])
    assert data_of(tmp_path / "page.html")["details"] == [], "the slide is shown as large already"


def test_without_a_hotspot_there_is_no_detail(page: Path) -> None:
    assert data_of(page)["details"] == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_it_is_reviewed_as_a_fields_page(page: Path) -> None:
    """A figure is added by a click on a picture that shows a quarter of the slide's pixels."""
    actions = """
    const text = (id) => document.getElementById(id).textContent;
    const dark = (canvas) => canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[1];
    const cards = () => [...document.querySelectorAll(".card canvas")].slice(0, 4).map(dark);
    await until(() => cards().every((green) => green < 60));
    seen.cards = cards();
    document.querySelector(".card .reject").click();
    seen.figures = [text("figures")];
    const canvas = document.getElementById("view");
    canvas.setPointerCapture = () => {};
    viewer.fit();
    seen.interval = text("interval");
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "n" }));
    const box = canvas.getBoundingClientRect();
    const [u, v] = viewer.screenOf(402, 602);
    for (const name of ["pointerdown", "pointerup"]) {
      canvas.dispatchEvent(new PointerEvent(name, { pointerId: 7, clientX: box.left + u, clientY: box.top + v }));
    }
    seen.figures.push(text("figures"));
    seen.changed = text("interval") !== seen.interval;
    viewer.centre(600, 400);
    const asked = viewer.details.filter((detail) => detail.image);
    await Promise.all(asked.map((detail) => detail.image.decode()));
    viewer.draw();
    const ratio = window.devicePixelRatio;
    const [x, y] = viewer.screenOf(600, 400).map((place) => Math.round(place * ratio));
    seen.sharp = [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
    seen.told = text("slide");
    seen.wide = document.documentElement.scrollWidth <= innerWidth;
    let blob; URL.createObjectURL = (given) => { blob = given; return "#"; };
    HTMLAnchorElement.prototype.click = () => {};
    document.getElementById("save-geojson").click();
    seen.saved = await blob.text();
    document.getElementById("save-csv").click();
    seen.table = await blob.text();
    """
    seen = open_page(page, actions, width=390)
    assert seen["errors"] == []
    assert seen["wide"]
    assert len(seen["cards"]) == 4
    assert seen["figures"] == ["2", "3"]
    assert seen["changed"]
    assert seen["sharp"][:3] == pytest.approx([40, 20, 90], abs=12), "zoomed in, the card lies on the slide"
    assert "at 1.0 µm per pixel; the first 3 figures and 1 near-misses" in seen["told"]
    features = json.loads(seen["saved"])["features"]
    assert [one["properties"]["metadata"]["review"] for one in features] == ["rejected", *["unchecked"] * 4, "added"]
    ring = np.array(features[-1]["geometry"]["coordinates"][0][:-1])
    assert ring.mean(axis=0) == pytest.approx((402.5, 602.5), abs=2.5), "QuPath counts from a pixel's corner"
    assert np.ptp(ring, axis=0) == pytest.approx(2 * 4.0 / 0.25, rel=0.03), "a radius of 4 µm"
    row = dict(zip(*(seen["table"].splitlines()[at].split(",") for at in (0, -1)), strict=True))
    assert (float(row["x"]), float(row["y"])) == pytest.approx((402, 602), abs=2.5)
    assert (row["image"], row["class"], row["review"]) == ("a.svs", "mitotic figure", "added")


def test_a_slide_that_cannot_be_read_there_has_a_page_all_the_same(tmp_path: Path, monkeypatch, write_slide) -> None:
    def broken(*_: object, **__: object) -> np.ndarray:
        raise InputError("damaged")

    scan = read_scan(write_slide(tmp_path / "a.svs", np.full((*SIZE, 3), 230, np.uint8)))
    monkeypatch.setattr(Scan, "read", broken)
    count = count_figures(FOUND.mitoses().points, TissueMap(np.ones((9, 12), bool), SIZE, 0.25), 0.55)
    write_slide_page(tmp_path / "page.html", "a.svs", scan, FOUND, count, [])
    data = data_of(tmp_path / "page.html")
    assert set(data["crops"]) == {None}
    assert picture(data["picture"]).min() > 250
