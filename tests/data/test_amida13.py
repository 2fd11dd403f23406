"""AMIDA13 from a miniature: the first 23 cases of TUPAC16, 12 for training and 11 for test."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arguments import arguments
from miniature import amida13

from mitosis.data.amida13 import AMIDA13, TEST
from mitosis.data.record import Circle
from mitosis.errors import InputError


def amida(root: Path, **kwargs: Any) -> AMIDA13:
    return AMIDA13(root, **arguments(folds=None) | kwargs)  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("AMIDA 13")
    amida13.build(root)
    return root


def test_later_cases_of_tupac16_are_skipped(root):
    records = amida(root).records()
    assert len(records) == 46
    assert records[-1].field == "23_02"
    np.testing.assert_allclose(records[0].centroids, [[100, 20]], atol=0.1)
    assert [len(item.figures) for item in records[:4]] == [1, 0, 1, 0]
    assert amida(root, ring_um=8).records()[0].figures[0].ring == Circle(100, 20, 32)


def test_numbered_folds_stay_within_the_official_training_part(root):
    parts = amida(root, fold="official").parts
    assert {item.case for item in parts.test} == set(TEST) == {f"{case}" for case in range(13, 24)}
    assert {item.case for item in parts.val} == {"01", "06", "11"}
    assert len(parts.train) == 18
    tested = [item.case for fold in range(5) for item in amida(root, fold=fold).parts.test]
    assert sorted(tested) == sorted(2 * [f"{case:02d}" for case in range(1, 13)])


def test_an_incomplete_test_part_is_refused(root):
    path = root / "mitoses_image_data_part_1/13"
    table = root / "mitoses_ground_truth/13/01.csv"
    path.rename(root / "kept")
    table.rename(root / "kept.csv")
    with pytest.raises(InputError, match="fold=official: 1 of 21 test fields are not under data.root: 13"):
        _ = amida(root, fold="official").parts
    (root / "kept").rename(path)
    (root / "kept.csv").rename(table)


def test_the_counts_of_the_parts_add_up():
    inventory = AMIDA13.inventory
    assert sum(part.fields or 0 for part in inventory.parts) == inventory.fields == 606
    assert sum(part.mitoses or 0 for part in inventory.parts) == inventory.mitoses == 1083
