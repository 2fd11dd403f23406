"""Counts as tables and as a line."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mitosis.count.count import Count, count_figures
from mitosis.count.nottingham import CUTS_FROM
from mitosis.count.tissue_map import TissueMap
from mitosis.output.count_table import summary, write_counts

POINTS = np.array([(100.0, 100), (110, 100), (120, 130)])
FIELD = TissueMap(np.ones((4, 4), bool), (2000, 2000), 0.25)
SLIDE = TissueMap(np.ones((40, 40), bool), (20_000, 20_000), 0.25)
GLASS = TissueMap(np.zeros((4, 4), bool), (2000, 2000), 0.25)


@pytest.fixture
def counts() -> dict[str, Count]:
    maps = {"field.png": FIELD, "=slide.svs": SLIDE}
    return {name: count_figures(POINTS, tissue, 0.55) for name, tissue in maps.items()} | {
        "glass.png": count_figures(np.zeros((0, 2)), GLASS, 0.55)
    }


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_one_row_per_image(counts: dict[str, Count], tmp_path: Path) -> None:
    write_counts(tmp_path, counts)
    field, slide, glass = read(tmp_path / "counts.csv")
    assert list(field.values()) == [
        *("field.png", "3", "0.2500", "12.000", "2.475", "35.069"),
        *("3", "1", "3", "28.5", "0.55", "yes", CUTS_FROM, "research use only, not for diagnosis"),
    ]
    assert (slide["image"], slide["component"], slide["per_10_hpf"], slide["extrapolated"]) == (
        "'=slide.svs",
        "1",
        "3.0",
        "no",
    )
    assert (glass["figures"], glass["area_mm2"], glass["per_mm2"], glass["component"]) == ("0", "0.0000", "", "")


def test_one_row_per_hotspot(counts: dict[str, Count], tmp_path: Path) -> None:
    write_counts(tmp_path, counts)
    spots = read(tmp_path / "hotspots.csv")
    assert {spot["image"] for spot in spots} == {"'=slide.svs"}
    square = next(spot for spot in spots if spot["hotspot"] == "2 mm², square")
    assert (square["figures"], square["x"], square["y"], square["width"]) == ("3", "110.0", "115.0", "5656.9")
    assert float(square["per_mm2"]) == 1.5
    assert len(spots) == 7


def test_a_line_says_it_all(counts: dict[str, Count]) -> None:
    assert [summary(name, count) for name, count in counts.items()] == [
        "field.png: 3 figures in 0.250 mm², 12.0 per mm² (95 % 2.5 to 35.1); mitotic component 3 of 3,"
        " borderline, 1 to 3, extrapolated; research use only, not for diagnosis",
        "=slide.svs: 3 figures in 25.000 mm², 0.1 per mm² (95 % 0.0 to 0.4); mitotic component 1 of 3, borderline, 1"
        " to 2; research use only, not for diagnosis",
        "glass.png: 0 figures, no tissue; research use only, not for diagnosis",
    ]
