"""Coordinates that are shares of the image are refused, and each place is that of one cell."""

from pathlib import Path

import pytest

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation
from mitosis.label.formats import read_all
from mitosis.label.places import check_one_class, check_places, distinct


def cells(*places: tuple[float, float]) -> list[Annotation]:
    return [Annotation("a", True, x, y) for x, y in places]


@pytest.mark.parametrize(
    "places",
    [[(0.3, 0.4)], [(0, 1), (0.5, 0.25)], [(1, 0.125)], [(1.02, 0.5), (0.2, 0.3)], [(-0.19, -0.09)], [(-0.69, -0.59)]],
)
def test_shares_are_refused(places: list[tuple[float, float]]) -> None:
    with pytest.raises(
        InputError, match=rf"^c\.csv: all {len(places)} cells lie between 0 and 1, in the first pixel, "
    ):
        check_places(cells(*places), "c.csv")


@pytest.mark.parametrize(
    "places", [[], [(0, 0)], [(1, 0), (0, 1)], [(0.3, 0.4), (7, 0.5)], [(-0.5, 0.5)], [(-1.2, 0.3)]]
)
def test_pixels_are_not(places: list[tuple[float, float]]) -> None:
    check_places(cells(*places), "c.csv")


def test_several_shares_in_one_image_are_refused_among_pixels() -> None:
    pixels = [Annotation("b", True, 30, 40), Annotation("c", True, 0.3, 0.4)]  # one may be at the image's corner
    check_places(pixels, "c.csv")
    with pytest.raises(InputError, match=r"^c\.csv: all 2 cells of a lie between 0 and 1"):
        check_places([*pixels, *cells((0.3, 0.4), (0.5, 0.6))], "c.csv")


def test_a_csv_of_shares_is_not_converted(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("image,x1,y1,x2,y2\na,0.2,0.3,0.25,0.35\n")
    with pytest.raises(InputError, match="shares of the image's width and height; multiply"):
        read_all(tmp_path / "c.csv", "boxes")


def test_shares_in_a_format_that_counts_from_corners_are_refused(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(
        '{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": 1, "category_id": 1, "bbox":'
        " [0.25, 0.3, 0.1, 0.1]}]}"
    )
    with pytest.raises(InputError, match="shares of the image's width and height; multiply"):
        read_all(tmp_path / "c.json", "coco")


def test_cells_that_are_listed_twice_are_told(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("image,x,y\na,30,40\nb,30,40\na,30,40\na,30,41\n")
    with pytest.warns(UserWarning, match=r"c\.csv: 1 cell\(s\) are listed twice at the same place, and kept"):
        read = read_all(tmp_path / "c.csv", "points").annotations
    assert [(cell.image, cell.y) for cell in distinct(read)] == [("a", 40), ("b", 40), ("a", 41)]


def test_a_cell_of_two_classes_is_refused() -> None:
    both = [Annotation("a", True, 3, 4), Annotation("b", False, 3, 4), Annotation("a", False, 3, 4)]
    check_one_class(both[:2], "c.csv")
    with pytest.raises(InputError, match=r"^c\.csv: a: the cell at \(3, 4\) is a mitosis and a hard negative"):
        check_one_class(both, "c.csv")
    square, larger = (2, 3, 4, 5), (1, 2, 5, 6)
    check_one_class([Annotation("a", True, 3, 4, square), Annotation("a", False, 3, 4, larger)], "c.csv")
