"""The sheet of objects: their choice, position and colour."""

from functools import partial

import numpy as np
import pytest

from mitosis.data.record import MitoticFigure, Record
from mitosis.output.sheet import HARD_NEGATIVE, MITOSIS, PIXELS, STRIP, Labelled, picture, sample_objects, sheet

BLACK = (0, 0, 0)


def field(name: str, points: list, others: list, mpp: float = 0.25) -> Record:
    """A white field of 100 x 80 pixels with a black dot of 3 x 3 on every mitosis."""
    image = np.full((80, 100, 3), 255, np.uint8)
    for x, y in points:
        image[y - 1 : y + 2, x - 1 : x + 2] = 0
    figures = tuple(MitoticFigure(np.array([point], np.int32)) for point in points)
    return Record(
        name, partial(_copy, image), (80, 100), mpp, name, name, "s", figures, np.array(others).reshape(-1, 2)
    )


def _copy(image: np.ndarray) -> np.ndarray:
    return image.copy()


def colours(part: np.ndarray) -> set:
    return {tuple(map(int, colour)) for colour in np.unique(part.reshape(-1, 3), axis=0)}


@pytest.mark.parametrize(("mitotic", "colour"), [(True, MITOSIS), (False, HARD_NEGATIVE)])
@pytest.mark.parametrize("mpp", [0.25, 0.5])
def test_a_circle_of_5_um_surrounds_the_centre(mitotic: bool, colour: tuple, mpp: float) -> None:
    record = field("a", [(60, 30)], [], mpp)
    whole = picture(record.read(), Labelled(record, 60, 30, mitotic))
    assert whole.shape == (PIXELS + STRIP, PIXELS, 3)
    crop = whole[STRIP:]
    assert tuple(crop[64, 64]) == BLACK  # the dot, not one of x and y swapped
    for x, y in ((64 - 40, 64), (64 + 40, 64), (64, 64 - 40), (64, 64 + 40)):
        assert tuple(crop[y, x]) == colour
    assert tuple(crop[64, 64 + 30]) == (255, 255, 255)
    assert len(colours(whole[:STRIP])) > 1


def test_swapped_coordinates_show_no_dot() -> None:
    record = field("a", [(60, 30)], [])
    crop = picture(record.read(), Labelled(record, 30, 60, True))[STRIP:]
    assert BLACK not in colours(crop[44:84, 44:84])


def test_outside_the_field_is_black() -> None:
    record = field("a", [(60, 30)], [])
    crop = picture(record.read(), Labelled(record, 0, 0, False))[STRIP:]
    assert not crop[:60, :20].any()
    assert (crop[80:, 110:] == 255).all()


def test_objects_are_split_between_both_classes() -> None:
    records = [field(name, [(x, 20) for x in range(10, 60, 5)], [(x, 40.5) for x in range(10, 40, 5)]) for name in "ba"]

    def kinds(count: int, among: list = records) -> tuple[int, int]:
        found = sample_objects(among, count, seed=0)
        assert len({(item.record.field, item.x, item.y) for item in found}) == len(found)
        mitoses = sum(item.mitotic for item in found)
        return mitoses, len(found) - mitoses

    assert kinds(8) == (4, 4)
    assert kinds(1) == (1, 0)
    assert kinds(30) == (18, 12)
    assert kinds(100) == (20, 12)
    assert kinds(7, [field("a", [(20, 20)], [(x, 40.5) for x in range(10, 70, 5)])]) == (1, 6)
    assert kinds(7, [field("a", [(20, 20)], [])]) == (1, 0)
    assert sample_objects([], 4, seed=0) == []
    assert kinds(2, [field("a", [], [(float("nan"), 3), (5, float("inf")), (7, 7)])]) == (0, 1)
    one, again, other = (sample_objects(records, 8, seed=seed) for seed in (0, 0, 1))
    places = [[(item.record.field, item.x, item.y) for item in found] for found in (one, again, other)]
    assert places[0] == places[1] != places[2]
    assert [item.record.field for item in one if item.mitotic] == sorted(i.record.field for i in one if i.mitotic)


def test_each_field_is_read_once_and_the_order_is_kept() -> None:
    calls: list[str] = []

    def read(name: str, grey: int) -> np.ndarray:
        calls.append(name)
        return np.full((80, 100, 3), grey, np.uint8)

    records = [
        Record(name, partial(read, name, grey), (80, 100), 0.25, name, name, "s")
        for name, grey in (("a", 50), ("b", 90))
    ]
    objects = [Labelled(records[index % 2], 50, 40, True) for index in range(14)]
    whole = sheet(objects)
    assert calls == ["a", "b"]
    assert whole.shape == (2 * (PIXELS + STRIP) + 4, 12 * (PIXELS + 4) - 4, 3)
    centres = [int(whole[STRIP + 64, 64 + column * (PIXELS + 4), 0]) for column in range(12)]
    assert centres == [50, 90] * 6
    assert sheet(objects[:1]).shape == (PIXELS + STRIP, PIXELS, 3)
