"""The fields of a subset, by hand."""

import numpy as np
import pytest
from arguments import arguments

from mitosis.data.fold.lists import Parts
from mitosis.data.fold.subset import subset
from mitosis.data.record import MitoticFigure, Record
from mitosis.data.synthetic import Synthetic
from mitosis.errors import InputError

FIGURE = MitoticFigure(np.zeros((1, 2), dtype=np.int32))


def records(*names: str) -> tuple[Record, ...]:
    """``a1`` is field 1 of case a; ``a1+`` has a mitosis."""
    made = []
    for name in names:
        field, case, figures = name.rstrip("+"), name[0], (FIGURE,) * name.count("+")
        made.append(Record(field, lambda: np.zeros((1, 1, 3), np.uint8), (1, 1), 0.25, case, case, "A", figures))
    return tuple(made)


def names(part: tuple[Record, ...]) -> str:
    return " ".join(record.field for record in part)


def test_fields_come_from_the_cases_in_turn_those_with_mitoses_first() -> None:
    parts = Parts(records("a1", "a2+", "a3+", "b1", "b2", "c1++"), records("d1"), records("e1", "e2", "e3+", "e4"))
    few = subset(parts, 3)
    assert (names(few.train), names(few.val), names(few.test)) == ("a2 b1 c1", "d1", "e1 e2 e3")
    assert few.note == "data.limit=3: 3, 1 and 3 of 6, 1 and 4 fields for train, val and test"
    assert names(subset(parts, 4).train) == "a2 a3 b1 c1"


def test_a_limit_that_no_part_exceeds_changes_nothing() -> None:
    parts = Parts(records("a1", "a2"), records("b1"), (), note="no test", test_absent=True)
    assert subset(parts, 2) is parts
    few = subset(Parts(records("a1", "a2", "a3"), records("b1"), (), note="no test", test_absent=True), 2)
    assert few.test_absent
    assert few.note.startswith("no test; data.limit=2")


def dataset(**settings: int | None) -> Synthetic:
    return Synthetic(folds="synthetic", size=128, cases=20, fields_per_case=2, **arguments(), **settings)


def test_the_limit_of_a_dataset_applies_before_halving() -> None:
    half = dataset(limit=2, half=0)
    assert [len(part) for part in (half.parts.train, half.other_half, half.parts.val, half.parts.test)] == [1, 1, 2, 2]
    assert half.parts.train[0].field != half.other_half[0].field
    assert len(dataset(limit=None).parts.train) == 18


def test_a_limit_too_low_to_halve_is_refused() -> None:
    with pytest.raises(InputError, match="^data.limit=1: give a whole number, 2 or more, or null$"):
        dataset(limit=1)
