"""MIDOG 2022 from a miniature: labelled regions and their scanners."""

import numpy as np
import pytest
from arguments import arguments

from mitosis.data.midog22 import MIDOG22
from mitosis.errors import InputError

ARGUMENTS = arguments(folds=None)


@pytest.mark.parametrize("name", ["MIDOG2022_training.json", "MIDOG2022_training_png.json"])
def test_the_first_354_regions_have_labels(midog_folder, name):
    root = midog_folder((150, 151, 249, 250, 300, 355, 405), 300, name)
    records = MIDOG22(root, **ARGUMENTS).records()
    assert [(item.field, item.scanner, item.mpp) for item in records] == [
        *(("150", "Aperio CS2", 0.25), ("151", "3D Histech", 0.25), ("249", "3D Histech", 0.25)),
        *(("250", "Aperio CS2", 0.25), ("300", "Hamamatsu XR", 0.23)),
    ]
    np.testing.assert_allclose(records[4].centroids, [[40, 50]], atol=0.1)
    np.testing.assert_array_equal(records[4].hard_negatives, [[80, 90]])
    assert MIDOG22(root, **ARGUMENTS | {"fold": "official"}).parts.test_absent


def test_numbers_beyond_the_dataset_are_refused(midog_folder):
    root = midog_folder((406,), 406, "MIDOG2022_training.json")
    with pytest.raises(InputError, match=r"image 406.tiff: scanner 'unknown' is not one of Hamamatsu XR, "):
        MIDOG22(root, **ARGUMENTS).records()


def test_inventory():
    inventory, dataset = MIDOG22.inventory, MIDOG22(**ARGUMENTS)
    assert sum(part.fields or 0 for part in inventory.parts) == inventory.fields
    assert sum(part.mitoses or 0 for part in inventory.parts) == inventory.mitoses
    assert all(len(part.cases) == part.fields for part in inventory.parts)
    assert {dataset.scanner_of(number) for number in range(1, 406)} == {
        *("Hamamatsu XR", "Hamamatsu S360", "Aperio CS2", "3D Histech"),
    }
