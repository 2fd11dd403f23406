"""Labels are known by their places in each field."""

from dataclasses import replace

import numpy as np

from mitosis.data.fold.labels import changed_since, labels_of
from mitosis.data.record import MitoticFigure, Record
from mitosis.errors import InputError


def record(field: str, *points: tuple[float, float], negatives: tuple[tuple[float, float], ...] = ()) -> Record:
    figures = tuple(MitoticFigure(np.array([[0, 0]], np.int32), centre=point) for point in points)
    image = np.zeros((9, 9, 3), np.uint8)
    one = Record(field, lambda: image, (9, 9), 0.25, "case", "slide", "scanner", figures)
    return replace(one, hard_negatives=np.array(negatives, dtype=float).reshape(-1, 2))


def test_what_changes_the_digest() -> None:
    fields = [record("a", (1.0, 2.0), (3.0, 4.0)), record("b")]
    same = [record("b"), record("a", (3.001, 4.0), (1.0, 2.0))]
    assert len(labels_of(fields)) == 64
    assert labels_of(fields) == labels_of(same)
    for other in (
        [record("a", (1.0, 2.0), (3.0, 4.02)), record("b")],
        [record("a", (1.0, 2.0)), record("b")],
        [record("a", (1.0, 2.0)), record("b", (3.0, 4.0))],
        [record("a", (1.0, 2.0), (3.0, 4.0)), record("b", negatives=((5.0, 5.0),))],
        [record("a", (1.0, 2.0), (3.0, 4.0))],
    ):
        assert labels_of(other) != labels_of(fields)


def test_only_what_can_be_read_can_have_changed() -> None:
    def gone() -> list[Record]:
        raise InputError("no such folder")

    then = labels_of([record("a", (1.0, 2.0))])
    assert not changed_since(then, lambda: [record("a", (1.0, 2.0))])
    assert changed_since(then, lambda: [record("a", (1.0, 3.0))])
    assert not changed_since(None, lambda: [record("a", (1.0, 3.0))])
    assert not changed_since(then, gone)
