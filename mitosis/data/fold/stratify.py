"""Random folds, stratified so that each gets its share of the cases with few, some and many mitoses."""

from collections.abc import Sequence

import numpy as np


def terciles(counts: Sequence[int]) -> np.ndarray:
    """The tercile of each count, (n,) int: 0 for the lowest third, 1 for the middle, 2 for the highest.

    The borders are quantiles, interpolated between neighbours. A count equal to a border belongs to the tercile below
    it, so that equal counts stay together.
    """
    return np.searchsorted(np.quantile(counts, [1 / 3, 2 / 3]), counts, side="left")


def stratified(strata: Sequence[int] | np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each case, (n,) int in [0, ``folds``), drawn with ``seed``.

    Numbering the cases sorted by stratum 0, 1, …, 0, 1, … gives how many of each stratum a fold gets. Which cases they
    are is drawn, stratum by stratum in the order of first appearance. The draw is the same as that of scikit-learn's
    ``StratifiedKFold(folds, shuffle=True, random_state=seed)``.
    """
    kinds = list(dict.fromkeys(np.asarray(strata).tolist()))
    rank = np.array([kinds.index(stratum) for stratum in np.asarray(strata).tolist()], dtype=int)
    sorted_ranks, numbered = np.sort(rank), np.arange(len(rank)) % folds
    rng = np.random.RandomState(seed)  # not numpy's newer generator: the published folds were drawn with this one
    fold = np.zeros(len(rank), dtype=int)
    for stratum in range(len(kinds)):
        places = np.sort(numbered[sorted_ranks == stratum])
        rng.shuffle(places)
        fold[rank == stratum] = places
    return fold
