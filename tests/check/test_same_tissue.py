"""Fields of the same tissue are found on another scanner, at another resolution; others are not."""

import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.check.check import Finding
from mitosis.check.preparation import check
from mitosis.check.same_tissue import Ground, Squares, check_tissue, same_tissue, verified
from mitosis.data.cache.store import FieldStore
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.drawing.field import draw_field
from mitosis.data.fold.lists import FoldLists
from mitosis.data.icpr2012 import read_records as read_icpr
from mitosis.data.joined import Joined
from mitosis.data.mitos_atypia14 import read_records as read_atypia
from mitosis.data.record import Record
from mitosis.stain.none import NoStain


@cache
def glass(case: int) -> np.ndarray:
    """A drawn slide of 300 µm."""
    return draw_field(seed=5, case=case, index=0, size=1200).image


def scanned(case: int, left: int, top: int) -> np.ndarray:
    """224 µm of a slide, from the corner (left, top) in pixels of 0.25 µm."""
    return glass(case)[top : top + 896, left : left + 896]


def rescanned(case: int, left: int, top: int) -> np.ndarray:
    """As ``scanned`` by another scanner: at 0.2274 µm, paler, redder, as a JPEG."""
    image = cv2.resize(
        scanned(case, left, top), None, fx=0.25 / 0.2274, fy=0.25 / 0.2274, interpolation=cv2.INTER_CUBIC
    )
    image = (40 + image * [0.8, 0.7, 0.75]).clip(0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 75])[1]
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def record(field: str, image: np.ndarray, mpp: float = 0.25, case: str = "") -> Record:
    return Record(field, partial(np.copy, image), image.shape[:2], mpp, case or field[0], "s", "s")


ONES = [record("a1", scanned(0, 0, 0)), record("b1", scanned(1, 0, 0))]


def test_shared_tissue_is_found_and_other_tissue_is_not() -> None:
    others = [
        record("a2", rescanned(0, 150, 230), 0.2274),
        record("c2", rescanned(2, 0, 0), 0.2274),
        record("b2", rescanned(1, 304, 304), 0.2274),  # 148 µm in common
    ]
    matches = same_tissue(ONES, others)
    assert [(match.one.field, match.other.field) for match in matches] == [("a1", "a2"), ("b1", "b2")]
    assert all(0.85 < match.correlation <= 1 for match in matches)
    assert [(match.one.field, match.other.field) for match in same_tissue(others, ONES)] == [("a2", "a1"), ("b2", "b1")]


def test_bare_glass_and_small_fields_are_not_compared() -> None:
    bare = record("x", np.full((900, 900, 3), 240, np.uint8))
    small = record("y", scanned(0, 0, 0)[:300, :300])
    noise = np.random.default_rng(0).integers(236, 245, (900, 900, 3), dtype=np.uint8)
    fields = [bare, small, record("z", noise), record("w", scanned(0, 0, 0)[:, :40]), record("v", scanned(0, 0, 0)[:2])]
    assert same_tissue(fields, fields) == []
    assert same_tissue(fields, ONES) == []
    assert same_tissue(ONES, fields) == []
    assert same_tissue([], ONES) == same_tissue(ONES, []) == []


@given(st.integers(0, 2**32 - 1), st.integers(24, 60), st.integers(24, 60))
def test_the_search_agrees_with_opencv(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (cv2.GaussianBlur(rng.normal(0, 60, shape).astype(np.float32), (0, 0), 2)
                  for shape in ((40, 50), (height, width)))  # fmt: skip
    squares, ground = Squares(one), Ground(other)
    maps = {place: cv2.matchTemplate(other, one[y : y + 24, x : x + 24], cv2.TM_CCOEFF_NORMED)
            for place in squares.places for y, x in [place]}  # fmt: skip
    assert set(maps) == {(y, x) for y in (0, 12) for x in (0, 12, 24)}
    correlation, square, place = squares.best(ground)
    assert correlation == pytest.approx(max(found.max() for found in maps.values()), abs=1e-3)
    assert correlation == pytest.approx(maps[square][place], abs=1e-3)


def test_a_find_is_verified_where_it_was_found() -> None:
    image = np.random.default_rng(0).normal(0, 30, (400, 400)).astype(np.float32)
    assert verified(image, image[40:, 20:], (20, 10), (10, 5)) == pytest.approx(1, abs=1e-4)
    assert verified(image, image[47:, 13:], (20, 10), (10, 5)) == pytest.approx(1, abs=1e-4)  # within 8 µm
    assert verified(image, image[60:, 20:], (20, 10), (10, 5)) < 0.5
    assert verified(image, image[:96, :96], (0, 0), (0, 0)) == pytest.approx(1, abs=1e-4)


def lists(train: str, val: str, test: str) -> FoldLists:
    return FoldLists({"0": {"train": train.split(), "val": val.split(), "test": test.split()}})


def bad(findings: list[Finding]) -> dict[str, tuple[str, int, str]]:
    return {item.check: (item.verdict, item.count, item.first) for item in findings if item.verdict != "ok"}


def test_tissue_on_two_sides_of_a_fold_is_refused_in_test_and_reported_in_val() -> None:
    sets = {"one": ONES, "other": [record("a2", rescanned(0, 100, 100), 0.2274)]}
    assert bad(check_tissue(sets, lists("a1 a2", "", "b1"))) == {}
    assert bad(check_tissue(sets, lists("a2", "b1", "a1"))) == {
        "tissue of a test field in train": ("error", 1, "fold 0: a1 is shown by a2")
    }
    assert bad(check_tissue(sets, lists("a1 b1", "a2", ""))) == {
        "tissue of a val field in train": ("warning", 1, "fold 0: a2 is shown by a1")
    }


def test_two_patients_of_the_same_tissue_are_refused() -> None:
    sets = {"one": ONES, "other": [record("a2", rescanned(0, 100, 100), 0.2274, case="z")]}
    found = bad(check_tissue(sets, lists("a1 a2", "", "b1")))
    verdict, count, first = found.pop("same tissue in two patients of two datasets")
    assert (verdict, count) == ("error", 1)
    assert first.startswith("a1 of case a and a2 of case z, correlation ")
    assert first.endswith("; give both one patient in data.patients=FILE.csv")
    assert found == {}


class Fields(MitosisDataModule):
    """Fields that a test made."""

    def __init__(self, fields: list[Record], **kwargs: Any) -> None:
        super().__init__(folds=None, **kwargs)
        self.fields = fields

    def records(self) -> list[Record]:
        return self.fields


def test_prepare_checks_the_tissue_of_joined_data() -> None:
    first = [*ONES, record("c1", scanned(2, 0, 0))]
    broken = record("broken", scanned(3, 0, 0))
    second = [record("d2", rescanned(0, 100, 100), 0.2274), broken]
    object.__setattr__(broken, "read", partial(np.zeros, (2, 2, 3), np.uint8))
    sets: dict[str, Callable[..., MitosisDataModule]] = {
        "one": partial(Fields, first),
        "other": partial(Fields, second),
    }
    given = {"store": FieldStore(NoStain(), None), "fold": "all", "samples_per_epoch": 1, "batch_size": 1}
    data = Joined(sets, **given)  # pyright: ignore[reportArgumentType]
    findings, unusable = check(data, data.records(), workers=1)
    assert unusable == {"broken"}
    by_check = {item.check: item for item in findings}
    assert by_check["same tissue in two patients of two datasets"].first.startswith(
        "a1 of case a and d2 of case other:d"
    )
    # Fold 0 tests on a, fold 2 validates on it; d2 is in train everywhere, because nobody knows that it is a.
    assert by_check["tissue of a test field in train"].first == "fold 0: a1 is shown by d2"
    assert by_check["tissue of a val field in train"].verdict == "warning"
    alone, _ = check(Fields(first, **given), first, workers=1)
    assert not any("tissue" in item.check for item in alone)


@pytest.mark.slow
def test_the_glass_that_two_contests_share_is_found_and_no_other() -> None:
    if not (folder := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds icpr2012/ and mitos_atypia14_h/, is not set")
    ones = read_icpr(Path(folder, "icpr2012"), "A")
    others = read_atypia(Path(folder, "mitos_atypia14_h"), "H", 4.0, None)
    matches = same_tissue(ones, others)
    assert {match.one.case for match in matches} == {"A03", "A04"}
    assert all(match.one.case[1:] == match.other.case for match in matches)
    assert len(matches) == 5
    assert min(match.correlation for match in matches) > 0.85
