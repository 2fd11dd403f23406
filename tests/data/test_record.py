"""A record's mask: discs, and the ignored rings around them."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.reading.figure import figure_of
from mitosis.data.record import Circle, MitoticFigure, Record
from mitosis.label.annotation import Annotation

CONF = Path(__file__).parents[2] / "conf/data"


def mask_of(size: tuple[int, int], *figures: MitoticFigure | None) -> np.ndarray:
    there = tuple(figure for figure in figures if figure is not None)
    return Record("a", partial(np.zeros, (*size, 3), np.uint8), size, 1.0, "c", "s", "A", there).mask()


def ringed(x: float, y: float, size: tuple[int, int], radius: float = 1.5, ring: float = 2.5) -> MitoticFigure | None:
    return figure_of(Annotation("a", True, x, y), size, mpp=1.0, radius_um=radius, ring_um=ring)


def rows(mask: np.ndarray) -> list[str]:
    return ["".join(map(str, row)) for row in mask.tolist()]


def test_a_ring_by_hand() -> None:
    mask = mask_of((7, 8), ringed(3, 3, (7, 8)))
    assert mask.dtype == np.uint8
    assert rows(mask) == ["00000000", "00222000", "02111200", "02111200", "02111200", "00222000", "00000000"]


def test_no_ring_covers_a_neighbours_disc() -> None:
    first, second = ringed(2, 2, (5, 8)), ringed(5, 2, (5, 8))
    expected = ["02222220", "21111112", "21111112", "21111112", "02222220"]
    assert rows(mask_of((5, 8), first, second)) == rows(mask_of((5, 8), second, first)) == expected


def test_a_ring_stays_around_the_labels_centre_if_the_border_cuts_the_disc() -> None:
    figure = ringed(0, 3, (7, 8))
    assert figure is not None
    assert figure.centroid == (0, 3)
    assert figure.ring == Circle(0, 3, 2.5)
    assert rows(mask_of((7, 8), figure)) == [
        *("00000000", "22000000", "11200000", "11200000", "11200000", "22000000", "00000000")
    ]


centres = st.tuples(st.integers(-2, 65).map(lambda n: n / 4), st.integers(-2, 45).map(lambda n: n / 4))


@given(st.lists(centres, max_size=5))
def test_every_pixel_follows_from_its_distance_to_the_nearest_centre(points: list[tuple[float, float]]) -> None:
    size = (12, 17)
    y, x = np.mgrid[:12, :17]
    nearest = np.min([np.hypot(x - a, y - b) for a, b in points], axis=0, initial=np.inf)
    expected = np.where(nearest < 2, 1, np.where(nearest < 4, 2, 0))
    np.testing.assert_array_equal(mask_of(size, *(ringed(a, b, size, 2, 4) for a, b in points)), expected)


def test_figures_with_pixels_or_an_outline_have_no_ring() -> None:
    square = np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]])
    ring = partial(figure_of, size=(9, 9), mpp=0.5, radius_um=1, ring_um=2)
    for shape in ({"pixels": np.array([[2, 2]], np.int32)}, {"outline": square}, {"outline": square / 10 + 2}):
        figure = ring(Annotation("a", True, 2, 2, **shape))
        assert figure is not None
        assert figure.ring is None
    boxed = ring(Annotation("a", True, 2, 2, box=(0, 0, 4, 4)))
    assert boxed is not None
    assert boxed.ring == Circle(2, 2, 4)
    plain = figure_of(Annotation("a", True, 2, 2), (9, 9), mpp=0.5, radius_um=1)
    assert plain is not None
    assert plain.ring is None
    assert set(mask_of((9, 9), plain).ravel().tolist()) == {0, 1}


@pytest.mark.parametrize("path", sorted(CONF.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_dataset_with_discs_may_have_rings(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    data = content.get("data", content)
    assert ("ring_um" in data) == ("radius_um" in data)
    assert data.get("ring_um") is None
