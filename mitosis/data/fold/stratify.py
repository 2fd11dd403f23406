"""Cases put into folds by chance, so that each fold gets its share of those with few, some and many mitoses."""

from collections.abc import Sequence

import numpy as np


def terciles(counts: Sequence[int]) -> np.ndarray:
    """0 for the third with the lowest counts, 1 for the middle one, 2 for the highest; (n,) int.

    A third ends at the quantile, interpolated between neighbours; counts on that line belong below it, so that equal
    counts stay together.
    """
    return np.searchsorted(np.quantile(counts, [1 / 3, 2 / 3]), counts, side="left")


def stratified(strata: Sequence[int] | np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each case, (n,) int in [0, ``folds``), drawn once with ``seed``.

    In a row by stratum, cases are counted out 0, 1, …, 0, 1, …: that says how many of each stratum a fold gets. Which
    ones they are is drawn, stratum by stratum in the order in which they first appear. The same draw as scikit-learn's
    ``StratifiedKFold(folds, shuffle=True, random_state=seed)``.
    """
    kinds = list(dict.fromkeys(np.asarray(strata).tolist()))
    rank = np.array([kinds.index(stratum) for stratum in np.asarray(strata).tolist()], dtype=int)
    in_a_row, counted_out = np.sort(rank), np.arange(len(rank)) % folds
    rng = np.random.RandomState(seed)  # not numpy's newer one: the published folds were drawn from this
    fold = np.zeros(len(rank), dtype=int)
    for own in range(len(kinds)):
        places = np.sort(counted_out[in_a_row == own])
        rng.shuffle(places)
        fold[rank == own] = places
    return fold
