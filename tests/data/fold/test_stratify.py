"""Stratified folds: examples by hand, and the same draw as scikit-learn's."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from mitosis.data.fold.stratify import stratified, terciles


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 2, 2]),  # the thirds end at 2 and 4
        ([6, 0, 3], [2, 0, 1]),
        ([1, 1, 1, 1], [0, 0, 0, 0]),
        ([0, 0, 0, 0, 0, 9], [0, 0, 0, 0, 0, 2]),  # both thirds end at 0
        ([5], [0]),
    ],
)
def test_terciles_by_hand(counts: list[int], expected: list[int]) -> None:
    assert terciles(counts).tolist() == expected


@given(st.lists(st.integers(0, 4), min_size=5, max_size=60), st.integers(2, 5), st.integers(0, 9))
def test_the_draw_equals_that_of_scikit_learn(strata: list[int], folds: int, seed: int) -> None:
    drawn = stratified(strata, folds, seed)
    sizes = np.bincount(drawn, minlength=folds)
    assert sizes.sum() == len(strata)
    assert sizes.max() - sizes.min() <= 1
    for stratum in set(strata):
        own = np.bincount(drawn[np.array(strata) == stratum], minlength=folds)
        assert own.max() - own.min() <= 1
    if max(np.bincount(strata)) < folds:
        return  # scikit-learn refuses these
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for fold, (_, own) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=seed).split(strata, strata)):
            assert own.tolist() == np.flatnonzero(drawn == fold).tolist()
