"""Heat maps on the page of an image."""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import CHROMIUM, open_page
from PIL import Image

from mitosis.count.count import count_figures
from mitosis.count.tissue_map import tissue_map
from mitosis.inference.detections import Detections
from mitosis.output.page.heat import AGAINST, FOR, Heat, has_heat, heat_picture
from mitosis.output.page.image_page import write_image_page

IMAGE = np.full((200, 200, 3), (215, 170, 205), np.uint8)
FOUND = Detections(
    points=np.array([[60.0, 60], [150, 100], [30, 110], [128, 128]]),
    scores=np.array([0.9, 0.99, 0.3, 0.1]),
    accepted=np.array([True, True, False, False]),
    area_um2=np.full(4, 40.0),
    mpp=0.25,
)
HEAT = Heat(24.0, lambda x, y: np.full((8, 8), x - 100))


def write(path: Path, heat: Heat | None) -> dict[str, Any]:
    count = count_figures(FOUND.mitoses().points, tissue_map(IMAGE, 0.25), 0.55)
    write_image_page(path, "a.png", IMAGE, FOUND, count, [], heat=heat)
    return json.loads(re.findall(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL)[0])


def picture(address: str) -> np.ndarray:
    assert address.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def test_colours_tell_what_speaks_for_a_figure_from_what_speaks_against_it():
    pixels = picture(heat_picture(np.array([[2.0, -1], [0, 0.5]])))
    assert pixels[..., 3].tolist() == [[191, 96], [0, 48]]
    assert [tuple(pixel) for pixel in (pixels[0, 0, :3], pixels[0, 1, :3], pixels[1, 1, :3])] == [FOR, AGAINST, FOR]
    assert not picture(heat_picture(np.zeros((2, 2))))[..., 3].any(), "nothing is shown of what says nothing"


def test_the_cards_that_are_shown_at_first_have_heat_maps(tmp_path, monkeypatch):
    monkeypatch.setattr("mitosis.output.page.image_page.HEATS_OF", {"yes": 2, "no": 1})
    data = write(tmp_path / "a.html", HEAT)
    assert data["heat_um"] == 24
    assert [heat is not None for heat in data["heats"]] == [True, True, True, False]
    colours = [tuple(picture(heat)[4, 4, :3]) for heat in data["heats"][:3]]
    assert colours == [FOR, AGAINST, AGAINST], "of the rows at 150, 60 and 30"


def test_a_page_says_whether_it_has_them(tmp_path):
    assert write(tmp_path / "without.html", None)["heats"] == []
    write(tmp_path / "with.html", HEAT)
    assert [has_heat(tmp_path / name) for name in ("with.html", "without.html")] == [True, False]
    (tmp_path / "cut.html").write_bytes("figures per mm²".encode()[:-1])
    assert not has_heat(tmp_path / "cut.html"), "it is written again"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("heat", [HEAT, None])
def test_they_are_shown_when_asked_for(tmp_path, heat):
    write(tmp_path / "a.html", heat)
    actions = """
    const shown = () => [...document.querySelectorAll(".card img")].map((one) => getComputedStyle(one).display);
    seen.hidden = ["heat-layer", "how-to-heat", "heat-note"].map((id) => document.getElementById(id).hidden);
    seen.before = shown();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "h" }));
    seen.after = shown();
    seen.told = document.getElementById("heat-note").hidden;
    const frame = document.querySelector(".card .picture");
    seen.share = frame.lastChild.clientWidth / frame.clientWidth;
    document.getElementById("show-heat").click();
    seen.last = shown();
    """
    seen = open_page(tmp_path / "a.html", actions)
    assert seen["errors"] == []
    assert seen["hidden"] == ([False, False, True] if heat else [True, True, True])
    assert seen["before"] == seen["last"][: len(seen["before"])] == (["none"] * 4 if heat else [])
    assert seen["after"] == (["block"] * 4 if heat else [])
    assert seen["told"] == (heat is None)
    if heat:
        assert seen["share"] == pytest.approx(24 / 40, abs=0.02)
