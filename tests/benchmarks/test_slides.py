"""The drawn slides of the benchmark: as much tissue as the time is divided by."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from mitosis.image.overview import find_tissue
from mitosis.image.scan import read_scan
from mitosis.image.slide import slide_levels

EVERYWHERE = (0.0, float("inf"))


@pytest.fixture
def slides(benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark("slides")


def test_tissue_grows_with_the_slide(slides: ModuleType) -> None:
    """Blocks of 4096 pixels of 0.25 µm: 4 across 20,000, of which every second one is tissue in every second row."""
    assert slides.tissue_mm2(20_000) == pytest.approx(4 * 1.024**2)
    assert slides.tissue_mm2(40_000) == pytest.approx(16 * 1.024**2)


@pytest.mark.parametrize(("side", "islands", "expected"), [(5_200, True, 4), (3_000, False, 0)])
def test_islands_are_found_as_tissue(
    slides: ModuleType, tmp_path: Path, side: int, islands: bool, expected: int
) -> None:
    slides.write(tmp_path / "a.svs", side, islands=islands)
    scan = read_scan(tmp_path / "a.svs")
    assert (scan.height, scan.width) == (side, side)
    found = find_tissue(scan, 0.25, slide_levels(scan.path))
    assert found.area_mm2(EVERYWHERE, EVERYWHERE) == pytest.approx(expected * 0.256**2, rel=0.1)
    assert slides.tissue_mm2(5_200) == pytest.approx(4 * 0.256**2)
