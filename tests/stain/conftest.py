"""Drawn fields with known stains, for the tests of stain normalisation."""

from collections.abc import Callable

import numpy as np
import pytest

STAINS = np.array([[0.40, 0.77, 0.4970915], [0.02, 0.84, 0.5422177]])


def _field(stains: np.ndarray = STAINS, size: int = 300, glass: float = 0.1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    amounts = rng.gamma([4, 4], [0.3, 0.15], (size, size, 2))
    amounts[rng.random((size, size)) < 0.05, 0] = 0
    amounts[rng.random((size, size)) < 0.05, 1] = 0
    amounts[rng.random((size, size)) < glass] = 0
    return np.rint(255 * np.exp(-amounts @ (stains / np.linalg.norm(stains, axis=1, keepdims=True)))).astype(np.uint8)


@pytest.fixture
def field() -> Callable[..., np.ndarray]:
    """``field(stains, size, glass, seed)``: some pixels of each pure stain, the others mixed, and glass."""
    return _field


@pytest.fixture
def dull() -> Callable[[int], np.ndarray]:
    """``dull(seed)``: a field of noise whose colours are well inside the gamut, none as bright as glass."""

    def make(seed: int) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(0, 1, (100, 100, 3))
        return np.clip([150, 90, 130] + noise * [18, 16, 17], 0, 190).astype(np.uint8)

    return make
