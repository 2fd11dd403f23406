"""MIDOG 2021 from a miniature: labelled regions and their scanners."""

import numpy as np
import pytest
from arguments import arguments

from mitosis.data.midog21 import MIDOG21
from mitosis.errors import InputError

ARGUMENTS = arguments(folds=None)


def test_the_first_150_regions_have_labels(midog_folder):
    root = midog_folder((1, 50, 51, 101, 150, 151), 51, "MIDOG.json")
    records = MIDOG21(root, **ARGUMENTS).records()
    assert [(item.field, item.scanner, item.mpp) for item in records] == [
        *(("001", "Hamamatsu XR", 0.23), ("050", "Hamamatsu XR", 0.23), ("051", "Hamamatsu S360", 0.23)),
        *(("101", "Aperio CS2", 0.25), ("150", "Aperio CS2", 0.25)),
    ]
    assert [len(item.figures) for item in records] == [0, 0, 1, 0, 0]
    np.testing.assert_allclose(records[2].centroids, [[40, 50]], atol=0.1)
    np.testing.assert_array_equal(records[2].hard_negatives, [[80, 90]])
    parts = MIDOG21(root, **ARGUMENTS | {"fold": "official"}).parts
    assert parts.test_absent
    assert len(parts.train + parts.val) == 5
    assert "no test figure" in parts.note


def test_another_challenges_json_is_not_read(midog_folder):
    root = midog_folder((1,), 1, "MIDOG2022_training.json")
    with pytest.raises(InputError, match=r"no MIDOG.json in it; put it beside the images"):
        MIDOG21(root, **ARGUMENTS).records()


def test_inventory():
    inventory, dataset = MIDOG21.inventory, MIDOG21(**ARGUMENTS)
    assert sum(part.fields or 0 for part in inventory.parts) == inventory.fields
    assert sum(part.mitoses or 0 for part in inventory.parts) == inventory.mitoses
    assert sum(part.hard_negatives or 0 for part in inventory.parts) == inventory.hard_negatives
    for part in inventory.parts:
        assert {dataset.scanner_of(int(case)) for case in part.cases} == {part.name}
        assert len(part.cases) == part.fields
