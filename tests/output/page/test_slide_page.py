"""The page of a slide: small from afar, with cards of full resolution."""

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from output.page.browser import CHROMIUM, open_page
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


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_it_is_reviewed_as_a_fields_page_but_nothing_is_added(page: Path) -> None:
    actions = """
    const text = (id) => document.getElementById(id).textContent;
    await new Promise((done) => setTimeout(done, 300));
    const dark = (canvas) => canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[1];
    seen.cards = [...document.querySelectorAll(".card canvas")].map(dark);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "n" }));
    seen.adding = [adding, ...["add", "how-to-add"].map((id) => document.getElementById(id).hidden)];
    document.querySelector(".card .reject").click();
    seen.figures = text("figures");
    seen.told = text("slide");
    seen.wide = document.documentElement.scrollWidth <= innerWidth;
    let blob; URL.createObjectURL = (given) => { blob = given; return "#"; };
    HTMLAnchorElement.prototype.click = () => {};
    document.getElementById("save-geojson").click();
    seen.saved = await blob.text();
    """
    seen = open_page(page, actions, width=390)
    assert seen["errors"] == []
    assert seen["wide"]
    assert max(seen["cards"][:4]) < 60
    assert seen["adding"] == [False, True, True]
    assert seen["figures"] == "2"
    assert "at 1.0 µm per pixel; the first 3 figures and 1 near-misses" in seen["told"]
    features = json.loads(seen["saved"])["features"]
    assert [one["properties"]["metadata"]["review"] for one in features] == ["rejected", *["unchecked"] * 4]


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
