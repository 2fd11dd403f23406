"""Pixels for the tests of image files."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (37, 51, 3), dtype=np.uint8)
