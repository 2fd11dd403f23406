"""Mitoses that cannot be mitoses are told or refused."""

import warnings
from typing import Any

import numpy as np
import pytest

from mitosis.data.reading.plausible import check_plausible
from mitosis.data.record import MitoticFigure, Record
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, filled


def block(x: int, y: int, width: int, height: int) -> MitoticFigure:
    rows, columns = np.mgrid[y : y + height, x : x + width]
    return MitoticFigure(np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int32))


def record(*figures: MitoticFigure, name: str = "a", mpp: float = 0.25, size: tuple[int, int] = (200, 300)) -> Record:
    def read() -> Any:
        raise AssertionError("nobody looks at the pixels")

    return Record(name, read, size, mpp, "case", "slide", "scanner", figures)


def check(*records: Record) -> None:
    """The records and the cells that their figures were annotated as."""
    check_plausible(
        records,
        {
            one.field: [filled(one.field, True, each.pixels) for each in one.figures if not each.centre]
            for one in records
        },
    )


def test_plausible_mitoses_are_not_told() -> None:
    point = MitoticFigure(block(0, 0, 200, 200).pixels, centre=(100, 100))  # a disc says nothing of an extent
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check()
        check(
            record(), record(block(5, 5, 8, 3), block(20, 5, 160, 9), name="b"), record(point, name="c")
        )  # 2 and 40 µm


@pytest.mark.parametrize(("width", "said"), [(2, "0.75"), (7, "1.75"), (161, "40.2")])
def test_a_few_of_impossible_length_are_told(width: int, said: str) -> None:
    right = block(5, 50, 40, 40)
    with pytest.warns(
        UserWarning, match=rf"^1 of 3 images have mitoses shorter than 2 or longer .*: b \(1 of 2, .*{said}"
    ):
        check(record(right), record(block(0, 0, width, 3), right, name="b"), record(right, name="c"))


def test_a_field_that_is_mostly_mitosis_is_refused() -> None:
    half = [block(0, 0, 100, 60), block(0, 70, 100, 60), block(120, 0, 150, 120)]
    check(record(*half, size=(201, 300)))
    with pytest.raises(InputError, match=r"^b: 51% of it is labelled as mitosis; a mask is black where"):
        check(record(), record(*half, block(0, 140, 60, 10), name="b"))


def test_a_frame_is_refused() -> None:
    sides = [block(0, 0, 80, 1), block(0, 59, 80, 1), block(0, 0, 1, 60), block(79, 0, 1, 60)]
    frame = MitoticFigure(np.unique(np.concatenate([side.pixels for side in sides]), axis=0))
    with pytest.raises(InputError, match=r"^a: one mitosis reaches all four edges"):
        check(record(frame, size=(60, 80)))


@pytest.mark.parametrize(("box", "said"), [((0, 0, 170, 9), "42.5"), ((5, 5, 5, 5), "0")])
def test_boxes_are_looked_at_as_well(box: tuple[float, float, float, float], said: str) -> None:
    cells = [Annotation("a", mitotic, 9, 9, box=box) for mitotic in (True, False)]
    with pytest.warns(UserWarning, match=rf"a \(1 of 1, one of {said} µm\)"):
        check_plausible([record()], {"a": cells})
