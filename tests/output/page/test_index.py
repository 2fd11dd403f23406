"""The page that lists a prediction's images."""

from pathlib import Path

import numpy as np

from mitosis.count.count import count_figures
from mitosis.count.tissue_map import TissueMap
from mitosis.output.page.index import write_index


def test_each_image_has_a_row_and_a_link_to_its_page(tmp_path: Path) -> None:
    maps = {
        "a b.png": TissueMap(np.ones((4, 4), bool), (2000, 2000), 0.25),
        "<x>.png": TissueMap(np.zeros((4, 4), bool), (2000, 2000), 0.25),
        "slide.svs": TissueMap(np.ones((4, 4), bool), (2000, 2000), 0.25),
    }
    (tmp_path / "report").mkdir()
    for name in ("a b.png", "<x>.png"):
        (tmp_path / "report" / f"{name}.html").touch()
    counts = {name: count_figures(np.ones((3, 2)), tissue, 0.55) for name, tissue in maps.items()}
    write_index(tmp_path / "report.html", counts, "report", ["point=a & b"])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<a href="report/a%20b.png.html">a b.png</a>' in text
    assert '<a href="report/%3Cx%3E.png.html">&lt;x&gt;.png</a>' in text
    assert "<td>slide.svs</td>" in text  # has no page
    assert '<td class="number">12.0</td><td class="wide">2.5 to 35.1</td>' in text
    assert "3 of 3, borderline, 1 to 3, extrapolated" in text
    assert "no mitotic component" in text
    assert "point=a &amp; b" in text
    assert "Research use only, not for diagnosis." in text
    assert "{{" not in text
